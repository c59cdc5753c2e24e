"""Calls that no cell makes by itself: a kernel's process is hostile, and may ask for anything."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest
from plans import Played, script

from replplan.cell import Answer, CellResult
from replplan.domain import Domain, Environment, Task, Transition
from replplan.episode import Episode
from replplan.kernel import CallError, PlanEnded, SubtaskCall
from replplan.methods import make_planner
from replplan.no_kernel import NoKernel
from replplan.planner import ReplPlanner
from replplan.switches import Switches
from replplan_domains.notebook import Notebook


class HostileKernel(NoKernel):
    """Makes these calls in place of the first cell, notes how they end, and answers."""

    def __init__(self, options, wanted):
        self.calls, self.wanted, self.ends = options.calls, wanted, []

    async def execute(self, code, *, timeout=None, on_output=None):
        for wanted in self.wanted:
            try:
                if isinstance(wanted, SubtaskCall):
                    await self.calls.subtask(wanted, self)
                else:
                    self.ends.append(await self.calls.call(*wanted))
            except CallError as error:
                self.ends.append((error.kind, str(error)))
            except PlanEnded:
                self.ends.append("the plan has ended")
        return CellResult(answer=Answer(value=1))


async def ends(*wanted, domain=None, planner=None):
    """How these calls end, one after another, and what became of the plan."""
    kernels, played = [], Played()

    @asynccontextmanager
    async def opener(options):
        kernels.append(HostileKernel(options, wanted))
        yield kernels[-1]

    domain = domain or Notebook(goal="a goal")
    task = domain.tasks(domain.splits()[0])[0]
    episode = Episode(
        domain,
        task,
        script(root=["whatever it says"]),
        opener,
        planner=planner or ReplPlanner(),
        sinks=(played.events.append,),
    )
    played.result = await episode.run()
    return kernels[0].ends, played


def child(parent=0, repl=5, **more):
    return SubtaskCall(repl=repl, parent=parent, name="f", call="f()", **more)


@pytest.mark.parametrize(
    ("wanted", "kind", "said"),
    [
        ((99, "act", ["look"], {}), "RuntimeError", "no session has the number 99"),
        ((0, "__import__", ["os"], {}), "NameError", "the host knows no function '__import__'"),
        ((0, "act", ["look"], {}), "NameError", "the host knows no function 'act'"),
        ((0, "get_obs", [], {}), "NameError", "the host knows no function 'get_obs'"),
        (child(parent=77), "SubtaskFailed", "f: this plan does not know its REPL"),
        (child(resumed=True), "SubtaskFailed", "f: this plan does not know its REPL"),
        (
            child(limits={"turn": 1}),
            "ValueError",
            "f: there is no limit 'turn'; there are: turns, model_calls, tokens, cost, seconds,"
            " actions, depth, cell_seconds",
        ),
    ],
)
async def test_what_is_not_there_is_an_error_of_the_cell_and_the_plan_goes_on(wanted, kind, said):
    ((end,), played) = await ends(wanted)
    assert end == (kind, said)
    assert (played.result.stop_reason, played.result.answer) == ("answered", 1)
    assert [e.session for e in played.of("session_opened")] == ["root"]


@pytest.mark.parametrize(
    ("switches", "wanted", "said"),
    [
        (Switches(ask=False), (0, "ask", ["?"], {}), "the host knows no function 'ask'"),
        (Switches(children=False), child(), "name 'f' is not defined"),
    ],
)
async def test_what_is_switched_off_is_not_to_be_had_by_other_ways(switches, wanted, said):
    ((end,), _) = await ends(wanted, planner=make_planner("repl-plan", switches))
    assert end == ("NameError", said)


class Door(Environment):
    def reset(self):
        return "a door"

    def step(self, action):
        return Transition(observation="you went", reward=1.0, terminated=True)


class House(Domain):
    name, description, has_world = "house", "a house", True

    def splits(self):
        return ("only",)

    def tasks(self, split):
        return (Task(id="t", domain="house", split="only", goal="g"),)

    def open(self, task):
        return Door()


House.__module__ = "__main__"  # defined in a test: its world runs in a thread


async def test_a_world_knows_its_own_two_functions_and_no_others():
    wanted = (0, "open", [], {}), (0, "Act", ["go"], {}), (0, "get_obs", [], {})
    given, played = await ends(*wanted, domain=House())
    unknown = [("NameError", f"the host knows no function {n!r}") for n in ("open", "Act")]
    assert given == [*unknown, "a door"]
    assert played.result.usage.actions == 0


async def test_an_action_may_be_given_by_its_name_and_by_no_other():
    other, by_name = (0, "act", [], {"what": "go"}), (0, "act", [], {"action": "go"})
    given, played = await ends(other, by_name, domain=House())
    assert given == [("TypeError", "act(): missing a required argument: 'action'"), "the plan has ended"]  # fmt: skip
    assert (played.result.stop_reason, played.result.usage.actions) == ("world_ended", 1)


class Lost(Exception):
    """An error of a library's own, which puts it in words of its own."""

    def __str__(self):
        return f"there is no row {self.args[0]}"


def rows_of(key):
    """Rows, of which there are none."""
    raise {"lost": Lost(key), "key": KeyError(key), "keys": KeyError(key, key)}[key]


class Rows(House):
    functions = (rows_of,)


Rows.__module__ = "__main__"


@pytest.mark.parametrize(
    ("key", "kind", "said"),
    [
        ("lost", "RuntimeError", "Lost: there is no row lost"),
        ("key", "KeyError", "key"),
        ("keys", "KeyError", "('keys', 'keys')"),
    ],
)
async def test_an_error_of_a_function_reaches_the_cell_in_its_own_words(key, kind, said):
    ((end,), played) = await ends((0, "rows_of", [key], {}), domain=Rows())
    assert end == (kind, said)
    assert played.of("function_called")[0].error.endswith(said)


async def test_when_the_world_has_ended_every_further_call_ends_the_cell_too():
    look, go = (0, "get_obs", [], {}), (0, "act", ["go"], {})
    given, played = await ends(look, go, go, look, child(), (99, "act", ["go"], {}), domain=House())
    over = "the plan has ended"
    assert given == ["a door", over, over, over, over, ("RuntimeError", "no session has the number 99")]  # fmt: skip
    assert (played.result.stop_reason, played.result.usage.actions) == ("world_ended", 1)
