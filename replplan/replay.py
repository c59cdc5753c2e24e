"""A model that says again what a trace holds."""

from __future__ import annotations

from collections import defaultdict, deque
from itertools import zip_longest
from pathlib import Path

from replplan.errors import ModelError, TraceError
from replplan.events import ModelCalled, ModelReplied, PlanStarted
from replplan.model import Completion, Message, OnText, Request
from replplan.trace import read_trace


class ReplayModel:
    """Gives each recorded completion to the prompt that it was given to.

    A prompt that the trace does not hold is an error that names the first message which departs,
    so a replay either reproduces its plan or says where it cannot.

    Raises:
        TraceError: the trace cannot be read or holds no completion.
    """

    context: int | None = None
    sees = True

    def __init__(self, path: Path) -> None:
        self.name = f"replay:{path}"
        self._replies: dict[str, deque[Completion]] = defaultdict(deque)
        self._prompts: dict[str, deque[tuple[Message, ...]]] = defaultdict(deque)
        known: dict[str, tuple[Message, ...]] = {}
        for event in read_trace(path):
            if isinstance(event, PlanStarted):
                self.recorded = event
            elif isinstance(event, ModelCalled):
                before = known.get(event.session, ()) if event.first else ()
                messages = (*before[: event.first], *event.messages)
                if event.purpose == "turn":
                    known[event.session] = messages
                self._prompts[event.session].append(messages)
            elif isinstance(event, ModelReplied):
                self._replies[event.digest].append(_completion(event))
        if not self._replies:
            raise TraceError(f"the trace {path} holds no completion to replay")

    async def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        """The completion that this very prompt got.

        Raises:
            ModelError: the trace holds none for it.
        """
        left = self._replies.get(request.digest)
        if not left:
            raise ModelError(self._departure(request))
        if recorded := self._prompts.get(request.session):
            recorded.popleft()
        completion = left.popleft()
        if on_text:
            on_text(completion.text)
        return completion

    def _departure(self, request: Request) -> str:
        where = f"the replay departs from its trace in session {request.session}"
        recorded = self._prompts.get(request.session)
        if not recorded:
            return f"{where}: the trace has no further model call there"
        for i, (new, old) in enumerate(zip_longest(request.messages, recorded[0])):
            if new != old:
                return f"{where}, message {i + 1}: {_difference(old, new)}"
        return f"{where}: its completion was given out already"

    async def close(self) -> None:
        """Nothing to let go of."""


def _completion(event: ModelReplied) -> Completion:
    return Completion(
        text=event.text, tokens=event.tokens, finish=event.finish, seconds=event.seconds
    )


def _difference(old: Message | None, new: Message | None) -> str:
    if old is None or new is None:
        return "the recorded prompt has " + ("more" if new is None else "fewer") + " messages"
    pairs = enumerate(zip_longest(old.content, new.content))
    at = next((i for i, (a, b) in pairs if a != b), 0)
    start = max(0, at - 20)
    return f"recorded {old.content[start : at + 40]!r}, now {new.content[start : at + 40]!r}"
