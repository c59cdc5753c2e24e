"""What models saw and said in a plan, put together from the pieces that its trace holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from replplan.completion import read_reply
from replplan.events import ModelCalled, ModelReplied, PlanStarted
from replplan.methods.step import read_step
from replplan.model import Completion, Message
from replplan.statement import only_first_statement


@dataclass
class Talk:
    """The messages of a session or of a question, as a model saw them, and its last reply.

    `opening` is how many of them stood there before the model's first turn, `replies` how often
    it replied since. Where a transcript was folded another talk begins: the replies that stand in
    its opening were given to longer prompts.
    """

    messages: tuple[Message, ...] = ()
    opening: int = 0
    last: str | None = None
    replies: int = 0

    def whole(self) -> tuple[Message, ...]:
        """All messages up to the last reply; what was told behind it, none has replied to."""
        if self.last is not None:
            return (*self.messages, Message(role="assistant", content=self.last))
        replies = [i for i, m in enumerate(self.messages) if m.role == "assistant"]
        return self.messages[: replies[-1] + 1] if replies else ()

    def demonstrations(self) -> list[str]:
        """The word `demonstration`, for each reply that stood in the opening."""
        replies = [m for m in self.messages[: self.opening] if m.role == "assistant"]
        return ["demonstration"] * len(replies)


@dataclass
class Conversations:
    """Puts together again what a trace tells of prompts in pieces.

    `sessions` has the latest talk of each session, `talks` all of them in order.
    """

    started: PlanStarted
    sessions: dict[str, Talk] = field(default_factory=dict)
    talks: list[tuple[str, Talk]] = field(default_factory=list)
    asks: list[tuple[str, Talk]] = field(default_factory=list)
    waiting: dict[str, list[Talk]] = field(default_factory=dict)

    def take(self, event: ModelCalled | ModelReplied) -> None:
        """Take up a model call, or what it came to."""
        if isinstance(event, ModelReplied):
            waiting = self.waiting.get(event.digest)
            if waiting:
                talk = waiting.pop(0)
                talk.last, talk.replies = self._kept(event), talk.replies + 1
            return
        if event.purpose == "ask":
            talk = Talk(event.messages)
            self.asks.append((event.session, talk))
        else:
            talk = self._talk(event)
            talk.messages = (*talk.messages[: event.first], *event.messages)
            talk.last = None
        self.waiting.setdefault(event.digest, []).append(talk)

    def _talk(self, event: ModelCalled) -> Talk:
        """What a session's call goes on with; one that tells all messages anew begins anew."""
        talk = self.sessions.get(event.session)
        if talk is None or (event.first == 0 and talk.replies):
            talk = self.sessions[event.session] = Talk(opening=len(event.messages))
            self.talks.append((event.session, talk))
        return talk

    def _kept(self, event: ModelReplied) -> str:
        """What of a reply enters the transcript."""
        if event.purpose == "ask":
            return event.text
        completion, method = Completion(text=event.text, finish=event.finish), self.method
        if method[0] == "react":
            return read_step(completion).text
        proposal = read_reply(completion)
        return (only_first_statement(proposal) if "statement" in method else proposal).text

    @property
    def method(self) -> list[str]:
        """The method's name, then its switches."""
        return self.started.method.split("/")

    def was_asked_again(self, talk: Talk) -> bool:
        """Whether the reply to a question did not fit, so that it was asked once more."""
        whole = talk.whole()
        return any(other.messages[: len(whole)] == whole for _, other in self.asks)
