"""From a transcript to the model's reply: within the budget and the window, told to the sinks."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from replplan.errors import LimitExceeded, ModelError, ReplplanError
from replplan.events import ModelCalled, ModelReplied, TextStreamed, TranscriptFolded
from replplan.folding import fold, is_too_long
from replplan.limits import Usage
from replplan.model import Completion, Model, OnText, Request
from replplan.tree import Stuck, Tree

if TYPE_CHECKING:
    from replplan.session import Session


async def next_reply(tree: Tree, session: Session, max_tokens: int | None = None) -> Completion:
    """The model's next reply in a session, whose transcript is folded where it does not fit.

    Raises:
        LimitExceeded: the budget does not allow it, or nothing is left to fold.
        ModelError: no completion came.
    """
    await _relive(tree, session)
    while True:
        try:
            return await _ask(tree, session, max_tokens)
        except (LimitExceeded, ModelError) as error:
            if not _folded(tree, session, error):
                raise


async def _ask(tree: Tree, session: Session, max_tokens: int | None) -> Completion:
    transcript = session.transcript
    request = Request(
        messages=transcript.prompt(),
        digest=transcript.digest.name(),
        session=session.id,
        max_tokens=max_tokens,
        vary=session.repeating,
    )
    already, transcript.sent = transcript.sent, len(request.messages)
    try:
        return await complete(tree, request, already)
    except LimitExceeded:  # it was not sent
        transcript.sent = already
        raise


async def _relive(tree: Tree, session: Session) -> None:
    """Where a plan is resumed: begin the session's next turn as it was, if the trace has it.

    Raises:
        Stuck: the trace has this entry of the session fail here.
    """
    turn = tree.past.next_turn(session.id, session.entries)
    if turn is not None:
        session.transcript.become(turn.prompt)
    elif failure := tree.past.failure_of(session.id, session.entries):
        await tree.allow(session.id, "model_calls", "turns")  # if it was a limit, it falls again
        raise Stuck(failure)


def _folded(tree: Tree, session: Session, error: Exception) -> bool:
    """Fold a transcript which an error says does not fit; whether that was done."""
    if not is_too_long(error):
        return False
    tree.window.learn(error)
    transcript, window = session.transcript, tree.window
    done = fold(transcript, window.room(session.id, transcript.length))
    if done is not None:
        tree.emit(TranscriptFolded(session=session.id, window=window.tokens, **asdict(done)))
    return done is not None


async def complete(tree: Tree, request: Request, already: int = 0) -> Completion:
    """One model call, on the budget, told to the sinks.

    Args:
        tree: the plan.
        request: the request; the plan's seed is put in.
        already: how many of its messages the sinks know from this session's call before.

    Raises:
        LimitExceeded: the budget does not allow it.
        ModelError: no completion came, or one whose price is not known, so that a limit on cost
            cannot be kept.
    """
    turn, budget = request.purpose == "turn", tree.budget_of(request.session)
    await tree.allow(request.session, "model_calls", *(["turns"] if turn else []))
    tree.window.check(request, already)
    budget.add(Usage(model_calls=1, turns=int(turn)))  # now: others may ask meanwhile
    request = request.model_copy(update={"seed": tree.seed})
    of = {"session": request.session, "purpose": request.purpose, "digest": request.digest}
    tree.emit(ModelCalled(first=already, messages=request.messages[already:], **of))

    def on_text(text: str) -> None:
        if turn:
            tree.emit(TextStreamed(session=request.session, text=text))

    completion = await _completion(tree.model, request, on_text)
    budget.add(spent(completion))
    if turn:
        tree.window.count(request, already, completion)
    tree.emit(ModelReplied(usage=tree.budget.usage, **of, **completion.model_dump()))
    if completion.tokens.cost is None and budget.bounds_cost:
        raise ModelError(
            f"the price of {tree.model.name} is not known, so the limit on cost cannot be kept: "
            "leave it out, and limit tokens"
        )
    return completion


async def _completion(model: Model, request: Request, on_text: OnText) -> Completion:
    try:
        return await model.complete(request, on_text)
    except ReplplanError:
        raise
    except Exception as error:  # of a model that is not ours
        said = f"{type(error).__name__}: {error}"
        raise ModelError(f"the model {model.name} failed: {said}") from error


def spent(completion: Completion) -> Usage:
    """What one completion costs the budget, the call itself apart."""
    tokens = completion.tokens
    return Usage(
        input_tokens=tokens.input,
        cached_tokens=tokens.cached,
        output_tokens=tokens.output,
        cost=tokens.cost,
    )
