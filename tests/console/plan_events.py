"""Plans as sequences of events, made by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from replplan.cell import Answer, CellError, CellResult
from replplan.domain import Score
from replplan.events import (
    Acted,
    CellFinished,
    CellStarted,
    Event,
    ModelCalled,
    ModelReplied,
    OutputStreamed,
    PlanFinished,
    PlanStarted,
    SessionClosed,
    SessionOpened,
    TextStreamed,
    WorldReset,
)
from replplan.limits import Limits, Usage

ANSWERED = CellResult(answer=Answer(value="mug 1"))


def started(goal: str = "put a mug on the desk", **limits: float) -> PlanStarted:
    return PlanStarted(
        domain="alfworld",
        task="task-7",
        split="dev",
        goal=goal,
        seed=3,
        model="scripted",
        limits=Limits.model_validate(limits),
    )


def finished(solved: bool | None = True, **more: object) -> PlanFinished:
    usage = Usage(
        turns=3, model_calls=5, asks=2, input_tokens=8000, cached_tokens=6000, output_tokens=234,
        cost=0.0123, seconds=75.25, actions=4, sessions=2,
    )  # fmt: skip
    score = Score(value=None if solved is None else float(solved), solved=solved)
    event = PlanFinished(stop_reason="answered", score=score, usage=usage)
    return event.model_copy(update=more)


def fenced(code: str, prose: str = "") -> str:
    return f"{prose}\n```python\n{code}\n```".lstrip("\n")


def streamed(session: str, text: str, size: int = 3) -> Iterator[Event]:
    yield ModelCalled(session=session)
    for start in range(0, len(text), size):
        yield TextStreamed(session=session, text=text[start : start + size])


def turn(
    session: str,
    number: int,
    code: str,
    inside: Iterable[Event] = (),
    result: CellResult | None = None,
    prose: str = "",
) -> Iterator[Event]:
    """A turn from its request to the end of its cell."""
    text = fenced(code, prose)
    yield from streamed(session, text)
    yield ModelReplied(session=session, text=text)
    yield CellStarted(session=session, turn=number, code=code)
    yield from inside
    yield CellFinished(session=session, turn=number, result=result or CellResult())


def acted(action: str, observation: str, count: int = 1, session: str = "root") -> Acted:
    return Acted(session=session, action=action, observation=observation, action_count=count)


def opened(session: str, **more: object) -> SessionOpened:
    parent, _, name = session.rpartition("/")
    base = SessionOpened(
        session=session, name=name.split("#")[0], parent=parent, depth=session.count("/")
    )
    return base.model_copy(update=more)


def closed(session: str, value: object) -> SessionClosed:
    return SessionClosed(session=session, answer=Answer(value=value))


CHILD = "root/find_and_take"
ERROR = CellError(
    name="NameError",
    message="name 're' is not defined",
    traceback="Cell 1, line 2\n    re.search('mug', obs)\nNameError: name 're' is not defined",
)


def story() -> Iterator[Event]:
    """A whole plan: a child with a repaired error, calls, output, a value."""
    yield started()
    yield WorldReset(observation="You see a desk 1 and a shelf 1.")
    yield SessionOpened(name="root")
    yield from turn(
        "root", 1, "mug = find_and_take('mug', places)\nmug", child(),
        CellResult(output="2 places\n", value="'mug 1'"), prose="First I need a mug.",
    )  # fmt: skip
    yield from turn("root", 2, "act('put mug 1')", [acted("put mug 1", "Done.", 4)])
    yield SessionClosed(session="root")
    yield finished()


def child() -> Iterator[Event]:
    yield OutputStreamed(text="2 places\n")
    yield opened(
        CHILD, call="find_and_take('mug', places)", comment="# any mug will do",
        args=("'mug'", "['desk 1', 'shelf 1']"),
    )  # fmt: skip
    failing = CellResult(error=ERROR)
    yield from turn(CHILD, 1, "re.search('mug', obs)", result=failing)
    acts = [
        acted("go to desk 1", "Nothing happens.", 1, CHILD),
        acted("go to desk 1", "Nothing happens.", 2, CHILD),
        acted("go to shelf 1", "On the shelf 1, you see a mug 1.", 3, CHILD),
    ]
    yield from turn(CHILD, 2, "answer(look())", acts, ANSWERED)
    yield closed(CHILD, "mug 1")
