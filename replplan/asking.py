"""Fuzzy questions of cells, the host's side: a question is asked once, and a few at a time."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from pydantic import TypeAdapter, ValidationError

from replplan.completing import complete
from replplan.errors import LimitExceeded, ModelError
from replplan.events import Asked
from replplan.folding import is_too_long
from replplan.kernel import CallError
from replplan.limits import Usage
from replplan.model import Digest, Image, Request
from replplan.prompt import Question, ask_messages
from replplan.record import Json
from replplan.steering import answer_of

if TYPE_CHECKING:
    from replplan.session import Session
    from replplan.tree import Tree

AT_ONCE = 16
"""How many questions of one plan are with the model at a time."""

_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)
_ROOM_A_TOKEN, _COMMON_CONTEXT, _LEAST_ROOM = 1.6, 16_384, 500


def ask_room(context: int | None) -> int:
    """Characters of context that one question may bring with it.

    The schema, the reply, and texts of fewer than four characters a token have to fit as well: so
    these are two fifths of what the window might hold. One that is not known is taken for a
    common one.

    Args:
        context: tokens of the model's window.
    """
    return max(_LEAST_ROOM, int((context or _COMMON_CONTEXT) * _ROOM_A_TOKEN))


class Asking:
    """Asks the questions of one plan's cells."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._known: dict[str, str] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def ask(self, session: Session, args: list[Json]) -> str:
        """The text of one completion. The kernel checks that it fits, and else asks again.

        Of equal questions one is asked, unless its reply did not fit.

        Args:
            session: whose cell asks.
            args: question, context, schema, earlier tries, and maybe the stage, as a kernel
                sends them.

        Raises:
            CallError: the question cannot be asked.
            LimitExceeded: the budget does not allow it.
            ModelError: no completion came.
        """
        question = _read(args)
        if _has_images(question) and not self._tree.model.sees:
            raise CallError("TypeError", f"the model {self._tree.model.name} takes no pictures")
        if question.tried:
            self._known.pop(_digest(_first_try(question)), None)
            return await self._reply(session, question)
        digest = _digest(question)
        lock = self._locks.setdefault(digest, asyncio.Lock())
        async with lock:
            if (known := self._known.get(digest)) is not None:
                self._tell(session, question, answer=known, cached=True)
                return known
            self._known[digest] = text = await self._reply(session, question)
            return text

    async def _reply(self, session: Session, question: Question) -> str:
        """Somebody's own reply, else the model's."""
        given = await answer_of(self._tree, session, question)
        if given is not None:
            self._tell(session, question, answer=given)
            return given
        if not question.tried:
            self._tree.budget_of(session.id).add(Usage(asks=1))
        return await self._complete(session, question)

    async def _complete(self, session: Session, question: Question) -> str:
        messages = ask_messages(question)
        request = Request(
            messages=messages,
            digest=Digest(messages).name(question.fits),
            session=session.id,
            purpose="ask",
            schema_=question.fits,
        )
        try:
            async with self._slots:
                completion = await complete(self._tree, request)
        except (LimitExceeded, ModelError) as e:
            error = _own_error(question, e)
            self._tell(session, question, error=str(error))
            raise error from e
        self._tell(session, question, answer=completion.text)
        return completion.text

    def _tell(self, session: Session, question: Question, **outcome: Any) -> None:
        self._tree.emit(
            Asked(
                session=session.id,
                question=question.text,
                context=tuple(_shown(c) for c in question.context),
                kind=json.dumps(question.fits) if question.fits else "str",
                **outcome,
            )
        )


def _own_error(question: Question, error: LimitExceeded | ModelError) -> Exception:
    """The cell's own error where its question is to blame, and not the plan's."""
    if is_too_long(error):
        hint = "ask.over(question, text) reads a long text in parts"
        return CallError("AskError", f"this is too long for the model to read at once; {hint}")
    if isinstance(error, ModelError) and _has_images(question) and not error.transient:
        return CallError("TypeError", f"the model took no pictures: {error}")
    return error


def _read(args: list[Json]) -> Question:
    try:
        text, context, fits, tried, *stage = args
        given = {"text": text, "context": context, "fits": fits, "tried": tried}
        if stage:
            given |= dict(zip(("stage", "number", "count"), stage[0], strict=True))
        return _QUESTION.validate_python(given)
    except (ValueError, TypeError, ValidationError) as e:
        raise CallError("TypeError", "ask() was called in a way that no kernel does") from e


def _first_try(question: Question) -> Question:
    return replace(question, tried=())


def _digest(question: Question) -> str:
    return Digest(ask_messages(question)).name(question.fits)


def _has_images(question: Question) -> bool:
    return any(isinstance(c, Image) for c in question.context)


def _shown(part: str | Image) -> str:
    if isinstance(part, str):
        return part
    return f"[{part.mime}, {len(part.data.rstrip('=')) * 3 // 4:,} bytes]"
