"""Environments in a process of their own."""

import asyncio
import gc
import os
import signal
import sys
import textwrap
import warnings

import pytest

from replplan.domain import Domain, Environment, Task, Transition
from replplan.errors import DomainError
from replplan.world import open_world

TASK = Task(id="t", domain="count", split="only", goal="count to three")


class Counting(Environment):
    """Counts its actions; some actions are dangerous."""

    def reset(self):
        self.count = 0
        return f"pid {os.getpid()}"

    def step(self, action):
        if action == "raise":
            raise ValueError("the world is broken")
        if action == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if action == "wait":
            signal.pause()
        if action == "no transition":
            return "x", 1.0, True, False, {}
        if action == "print":
            print("this goes nowhere")
        self.count += 1
        return Transition(
            observation=action, reward=float(self.count == 3), terminated=self.count == 3
        )


class Count(Domain):
    name = "count"
    description = "Count."

    def __init__(self, broken=False):
        self.broken = broken

    def splits(self):
        return ("only",)

    def tasks(self, split):
        return (TASK,)

    def open(self, task):
        if self.broken:
            raise DomainError("its data is damaged")
        return Counting()


async def test_a_world_lives_in_another_process():
    async with open_world(Count(), TASK) as world:
        assert int((await world.reset()).split()[1]) != os.getpid()


async def test_actions_lead_to_transitions():
    async with open_world(Count(), TASK) as world:
        await world.reset()
        odd = "line\nbreak \u2028 'ü' \x00"
        assert await world.step(odd) == Transition(observation=odd)
        assert await world.step("x" * 1_000_000) == Transition(observation="x" * 1_000_000)
        assert await world.step("3") == Transition(observation="3", reward=1, terminated=True)


async def test_what_a_world_prints_harms_nothing():
    async with open_world(Count(), TASK) as world:
        await world.reset()
        assert (await world.step("print")).observation == "print"


class InThread(Count):
    """As if it had been written in a script."""


InThread.__module__ = "__main__"


@pytest.mark.parametrize(
    ("domain", "action", "sentence"),
    [
        (Count, "raise", "ValueError: the world is broken"),
        (Count, "die", "the world's process ended"),
        (InThread, "raise", "ValueError: the world is broken"),
        (InThread, "no transition", "the world failed"),
        (Count, "no transition", "the world failed"),
    ],
)
async def test_a_world_that_breaks_is_a_domain_error(domain, action, sentence):
    async with open_world(domain(), TASK) as world:
        await world.reset()
        with pytest.raises(DomainError, match=sentence):
            await world.step(action)


@pytest.mark.parametrize("domain", [Count, InThread])
async def test_a_world_that_does_not_open_says_why(domain):
    with pytest.raises(DomainError, match="its data is damaged"):
        async with open_world(domain(broken=True), TASK):
            pass


async def test_a_world_that_is_left_at_work_is_ended_without_a_word():
    said = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: said.append(context))
    async with open_world(Count(), TASK) as world:
        await world.reset()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(world.step("wait"), 0.01)
        left = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.wait(left)
    del left
    gc.collect()
    assert said == []


async def test_nothing_is_left_when_it_is_closed():
    async with open_world(Count(), TASK) as world:
        pid = int((await world.reset()).split()[1])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_nothing_is_left_where_its_end_is_broken_off():
    """As by a second Ctrl-C, while the process takes its time."""
    pids = []

    async def plan():
        async with open_world(Count(), TASK) as world:
            pids.append(int((await world.reset()).split()[1]))
            os.kill(pids[0], signal.SIGSTOP)

    async def main():
        work = asyncio.ensure_future(plan())
        while not pids:
            await asyncio.sleep(0)
        work.cancel()
        await asyncio.wait([work])

    assert left_open(lambda: asyncio.run(main())) == []
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], signal.SIGKILL)


def test_a_domain_of_a_script_runs_in_a_thread(tmp_path):
    """A class of `__main__` cannot be imported by another process."""
    import subprocess

    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
        import asyncio, os
        from replplan import Domain, Environment, Task, Transition
        from replplan.world import open_world
        class World(Environment):
            def reset(self): return f"pid {os.getpid()}"
            def step(self, action): return Transition(observation=action, reward=1)
        class Mine(Domain):
            name = "mine"
            description = ""
            def splits(self): return ()
            def tasks(self, split): return ()
            def open(self, task): return World()
        async def main():
            async with open_world(Mine(), Task(id="", domain="", split="", goal="")) as world:
                print(await world.reset() == f"pid {os.getpid()}", await world.step("go"))
        asyncio.run(main())
        """)
    )
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert run.stdout.startswith("True observation='go' reward=1.0"), run.stderr


def left_open(run):
    """What says, once all is over, that it was never closed."""
    gc.collect()  # what other tests left
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        run()
        gc.collect()
    return [str(w.message) for w in found if w.category is ResourceWarning]


def test_a_process_that_cannot_be_started_leaves_nothing_open(monkeypatch):
    async def start():
        with pytest.raises(FileNotFoundError):
            async with open_world(Count(), TASK):
                pass

    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert left_open(lambda: asyncio.run(start())) == []
