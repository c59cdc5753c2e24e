"""Functions of the user's: what the model is told of them, and how calls of them go."""

from __future__ import annotations

import asyncio
import datetime
import os
import threading
from dataclasses import dataclass

import pandas
import pytest
from other_machines import pretended
from plans import play, script
from pydantic import BaseModel

from replplan import Limits, plan, plan_sync, tool
from replplan.helm import Helm
from replplan_domains.notebook import Notebook

VALUES = pytest.mark.skipif(
    pretended() == "no-socket", reason="a kernel that runs elsewhere takes no values"
)


class Region(BaseModel):
    name: str
    sales: float = 0.0


@dataclass
class Span:
    first: datetime.date
    last: datetime.date


class Told(list):
    """The events of a plan."""

    def of(self, kind):
        return [e for e in self if e.type == kind]

    @property
    def prompt(self):
        return self.of("model_called")[0].messages[0].content


async def run(*cells, **options):
    told = Told()
    result = await plan("a goal", model=script(root=list(cells)), on_event=told.append, **options)
    return result, told


async def test_signature_and_docstring_are_told():
    async def lookup(name: str, *, year: int = 2026) -> Region:
        """The sales of a region.

        Args:
            name: as in the table.
        """

    _, told = await run("answer(1)", tools=[lookup])
    assert "- lookup(name: str, *, year: int = 2026) -> " in told.prompt
    assert ": The sales of a region." in told.prompt
    assert "name: as in the table." in told.prompt


async def test_tools_run_here_in_a_thread_or_in_the_loop():
    loop = asyncio.get_running_loop()

    def here() -> list[int]:
        return [os.getpid(), threading.get_ident()]

    async def awaited() -> list[bool]:
        await asyncio.sleep(0)
        return [asyncio.get_running_loop() is loop]

    class Shop:
        def price(self, thing: str) -> int:
            return len(thing)

    result, _ = await run(
        "a, b = here(), awaited()",
        "answer([a, b, price('fig')])",
        tools=[here, awaited, Shop().price],
    )
    (pid, thread), awaited_here, price = result.answer
    assert pid == os.getpid()
    assert thread != threading.get_ident()
    assert (awaited_here, price) == ([True], 3)


async def test_a_tool_may_plan_itself():
    def inner(x: int) -> int:
        return plan_sync("inside", model=script(root=[f"answer({x} + 1)"])).answer

    async def awaited(x: int) -> int:
        return (await plan("inside", model=script(root=[f"answer({x} + 2)"]))).answer

    result, _ = await run("answer([inner(1), awaited(1)])", tools=[inner, awaited])
    assert result.answer == [2, 3]


async def test_arguments_arrive_as_the_types_of_the_signature():
    got = []

    def keep(region: Region, span: Span, *days: datetime.date, note: str = "-") -> None:
        got.append((region, span, days, note))

    cell = """
import datetime
day = datetime.date(2026, 3, 1)
keep({"name": "north"}, {"first": "2026-01-01", "last": day}, day, note="x")
answer(None)
"""
    await run(cell, tools=[keep])
    march = datetime.date(2026, 3, 1)
    span = Span(datetime.date(2026, 1, 1), march)
    assert got == [(Region(name="north"), span, (march,), "x")]


async def test_arguments_that_do_not_fit_are_the_cells_error_and_nothing_runs():
    ran = []

    def lookup(name: str, count: int = 1) -> str:
        ran.append(name)
        return name

    _, told = await run(
        "lookup(3)", "lookup()", "lookup('a', 'many')", "lookup(object())", "import pandas\nlookup(pandas.DataFrame())", "answer(lookup('b', '2'))",
        tools=[lookup],
    )  # fmt: skip
    shown = [e.shown for e in told.of("cell_finished")]
    assert "TypeError: lookup(): name should be a valid string, not 3" in shown[0]
    assert "TypeError: lookup(): name: missing required argument" in shown[1]
    assert "count should be a valid integer" in shown[2]
    assert "lookup() takes JSON values; argument 1 is a object" in shown[3]
    assert "argument 1 is a DataFrame; hand over what its to_dict() gives" in shown[4]
    assert ran == ["b"]


async def test_results_arrive_as_what_they_are():
    def table() -> pandas.DataFrame:
        return pandas.DataFrame({"a": [1, 2]})

    def pair() -> tuple[int, set[str]]:
        return 1, {"x"}

    def nan() -> float:
        return float("nan")

    def own() -> Region:
        return Region(name="north", sales=2)

    result, told = await run(
        "t, p, n, o = table(), pair(), nan(), own()",
        "answer([type(t).__name__, int(t.a.sum()), p == (1, {'x'}), n != n, o['name']])",
        tools=[table, pair, nan, own],
    )
    assert result.answer == ["DataFrame", 3, True, True, "north"]
    called = {e.name: e.value for e in told.of("function_called")}
    assert called["pair"] == [1, ["x"]]
    assert called["own"] == {"name": "north", "sales": 2.0}
    assert called["table"] == "<DataFrame>"


async def test_what_cannot_cross_is_a_clear_error():
    def lock():
        return threading.Lock()

    def huge() -> bytes:
        return bytes(50_000_000)

    def long() -> str:
        return "x" * 70_000_000

    _, told = await run("lock()", "huge()", "long()", "answer(1)", tools=[lock, huge, long])
    shown = [e.shown for e in told.of("cell_finished")]
    assert "TypeError: lock() returned a lock, which cannot be handed to the kernel" in shown[0]
    assert "TypeError: huge() returned a bytes" in shown[1]
    assert "50 MB, and one call brings 42 at most" in shown[1]
    assert "ValueError: the value of long()" in shown[2]


async def test_what_a_tool_raises_is_raised_in_the_cell():
    class Refused(Exception):
        pass

    def fails(kind: str) -> None:
        raise {"key": KeyError("fig"), "own": Refused("not today"), "exit": SystemExit(3)}[kind]

    result, told = await run(
        "fails('own')", "fails('exit')",
        "try:\n    fails('key')\nexcept KeyError as e:\n    answer(e.args)",
        tools=[fails],
    )  # fmt: skip
    assert result.answer == ["fig"]
    shown = [e.shown for e in told.of("cell_finished")]
    assert "RuntimeError: Refused: not today" in shown[0]
    assert "RuntimeError: SystemExit: 3" in shown[1]
    assert told.of("function_called")[0].error == "Refused: not today"


async def test_a_tool_that_blocks_holds_up_neither_limit_nor_others():
    held, running = threading.Event(), threading.Event()

    def block() -> None:
        running.set()
        held.wait()

    model, domain = script(root=["block()"]), Notebook(goal="a goal", tools=[block])
    helm = Helm(raising=False)
    try:
        blocked = asyncio.create_task(play(model, domain=domain, steering=helm))
        assert await asyncio.to_thread(running.wait, 60)
        others = [run("answer(other())", tools=[other]) for other in [_other] * 3]
        assert [r.answer for r, _ in await asyncio.gather(*others)] == [4, 4, 4]
        helm.plan.raise_limits(Limits(seconds=0.001))  # which have passed
        assert (await blocked).result.stop_reason == "limit:seconds"
        assert not held.is_set()
    finally:
        held.set()


def _other() -> int:
    return 4


_other.__name__ = "other"
FACTOR = 3


def triple(x):
    """Three times x."""
    return FACTOR * x


@VALUES
async def test_pure_helpers_go_into_the_kernel_with_what_they_refer_to():
    @tool(in_kernel=True)
    def process() -> int:
        """The number of the process."""
        return os.getpid()

    result, told = await run(
        "answer([process(), triple('ab'), len(triple([object()]))])",
        tools=[process, tool(triple, in_kernel=True)],
    )
    pid, text, length = result.answer
    assert pid != os.getpid()
    assert (text, length) == ("ababab", 3)
    assert "- triple(x): Three times x." in told.prompt
    assert told.of("function_called") == []


@VALUES
async def test_helpers_are_there_in_children_as_well():
    model = script(root=["answer(child(4))"], child=["answer(triple(get_args()[0]))"])
    result = await plan("a goal", model=model, tools=[tool(triple, in_kernel=True)])
    assert result.answer == 12


async def test_a_tool_is_still_a_function():
    wrapped = tool(triple, in_kernel=True)
    assert (wrapped(2), wrapped.__name__, wrapped.__doc__) == (6, "triple", "Three times x.")


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_tools_of_a_cancelled_plan_are_let_go(kind):
    running, held = threading.Event(), threading.Event()
    ended = asyncio.Event()

    async def wait_async() -> None:
        running.set()
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    def wait_sync() -> None:
        running.set()
        held.wait()

    tools = {"sync": wait_sync, "async": wait_async}
    task = asyncio.create_task(run(f"wait_{kind}()", tools=[tools[kind]]))
    assert await asyncio.to_thread(running.wait, 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    held.set()
    assert kind == "sync" or ended.is_set()
