"""A model that says again what a trace holds."""

from __future__ import annotations

from collections import defaultdict, deque
from itertools import zip_longest
from pathlib import Path

from replplan.errors import ModelError, TraceError
from replplan.events import ModelCalled, ModelReplied, PlanStarted, TranscriptFolded
from replplan.model import Completion, Message, OnText, Request
from replplan.trace import read_trace

Prompt = tuple[Message, ...]

_WHY = "prompts follow from flags, files, kept demonstrations, and the version of replplan"


class ReplayModel:
    """Gives each recorded completion to the prompt that it was given to.

    A prompt that the trace does not hold is an error that names the first message which departs,
    so a replay either reproduces its plan or says where it cannot. Its window and its eyes are
    those of the model that was recorded, and what that model found too long is too long again.

    Raises:
        TraceError: the trace cannot be read or holds no completion.
    """

    def __init__(self, path: Path) -> None:
        self.name = f"replay:{path}"
        self.context: int | None = None
        self.sees, self.taught = True, False
        self._replies: dict[str, deque[Completion]] = defaultdict(deque)
        self._too_long: dict[str, deque[int | None]] = defaultdict(deque)
        self._prompts: dict[str, deque[tuple[str, Prompt]]] = defaultdict(deque)
        self._read(path)
        if not self._replies:
            raise TraceError(f"the trace {path} holds no completion to replay")

    def _read(self, path: Path) -> None:
        prompts = Prompts()
        waiting: dict[str, str] = {}
        for event in read_trace(path):
            match event:
                case PlanStarted():
                    self.recorded = event
                    self.context, self.sees = event.context, event.sees
                    self.taught = event.taught
                case ModelCalled(session=session, digest=digest):
                    self._prompts[session].append((digest, prompts.take(event)))
                    if event.purpose == "turn":
                        waiting[session] = digest
                case ModelReplied(session=session, digest=digest):
                    self._replies[digest].append(completion_of(event))
                    if event.purpose == "turn":
                        waiting.pop(session, None)
                case TranscriptFolded(session=session) if session in waiting:
                    self._too_long[waiting.pop(session)].append(event.window)

    async def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        """The completion that this very prompt got.

        Raises:
            ModelError: the trace holds none for it, or it was too long then.
        """
        digest = request.digest
        if too_long := self._too_long.get(digest):
            why = "the recorded model found this prompt too long"
            raise ModelError(why, too_long=True, window=too_long.popleft())
        left = self._replies.get(digest)
        if not left:
            raise ModelError(self._departure(request))
        recorded = self._prompts[request.session]
        while recorded and recorded.popleft()[0] != digest:
            pass
        completion = left.popleft()
        if on_text:
            on_text(completion.text)
        return completion

    def _departure(self, request: Request) -> str:
        where = f"the replay departs from its trace in session {request.session}"
        recorded = self._prompts.get(request.session)
        if not recorded:
            return f"{where}: the trace has no further model call there"
        for i, (new, old) in enumerate(zip_longest(request.messages, recorded[0][1])):
            if new != old:
                return f"{where}, message {i + 1}: {_difference(old, new)} ({_WHY})"
        return f"{where}: its completion was given out already"

    async def close(self) -> None:
        """Nothing to let go of."""


class Prompts:
    """Puts together the whole prompts of a trace, whose events hold what was new in each."""

    def __init__(self) -> None:
        self._known: dict[str, Prompt] = {}

    def take(self, event: ModelCalled) -> Prompt:
        """The prompt of the trace's next model call."""
        before = self._known.get(event.session, ()) if event.first else ()
        prompt = (*before[: event.first], *event.messages)
        if event.purpose == "turn":
            self._known[event.session] = prompt
        return prompt


def completion_of(event: ModelReplied) -> Completion:
    """The completion that an event tells of."""
    return Completion(
        text=event.text,
        thoughts=event.thoughts,
        tokens=event.tokens,
        finish=event.finish,
        seconds=event.seconds,
    )


def _difference(old: Message | None, new: Message | None) -> str:
    if old is None or new is None:
        return "the recorded prompt has " + ("more" if new is None else "fewer") + " messages"
    pairs = enumerate(zip_longest(old.content, new.content))
    at = next((i for i, (a, b) in pairs if a != b), 0)
    start = max(0, at - 20)
    return f"recorded {old.content[start : at + 40]!r}, now {new.content[start : at + 40]!r}"
