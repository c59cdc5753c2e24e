"""The gate asked from another process: whatever crosses on the way, nothing of it is lost."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replplan.evaluate.gate import HostGate, Outcome
from replplan.evaluate.remote_gate import GateKeeper, RemoteGate


class Wire:
    """Both ends, and between them messages that arrive when a test says so."""

    def __init__(self, most):
        self.gate = HostGate(most, self.fail)
        self.up, self.down = [], []
        self.worker = RemoteGate(self.up.append)
        self.keeper = GateKeeper(self.gate, self.reply)

    def fail(self, why):
        raise AssertionError(why)

    async def reply(self, reply):
        arrived = asyncio.Event()
        self.down.append((reply, arrived))
        await arrived.wait()

    async def bring_up(self):
        while self.up:
            self.keeper.hear(self.up.pop(0))
        await let_go()

    async def bring_down(self):
        while self.down:
            reply, arrived = self.down.pop(0)
            self.worker.hear(reply)
            arrived.set()
        await let_go()

    async def bring_all(self):
        while self.up or self.down:
            await self.bring_up()
            await self.bring_down()


async def let_go():
    """Give every task that can go on the time to do so."""
    for _ in range(20):
        await asyncio.sleep(0)


def outcome(**how):
    return Outcome(model="m", sent=1.0, first=1.0, **how)


async def broken_off(task):
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_leave_and_what_became_of_a_request_go_up_and_down():
    wire = Wire(1)
    entering = asyncio.create_task(wire.worker.enter("m"))
    await let_go()
    await wire.bring_all()
    assert await entering > 0
    assert wire.gate.spending.under_way == 1
    settling = asyncio.create_task(wire.worker.settle(outcome(trouble="lost")))
    await let_go()
    await wire.bring_all()
    assert await settling is True
    assert wire.gate.spending.under_way == 0


@pytest.mark.parametrize("brought", [0, 1, 2], ids=["unheard", "reply under way", "let pass"])
async def test_a_question_that_is_broken_off_holds_nothing(brought):
    wire = Wire(1)
    entering = asyncio.create_task(wire.worker.enter("m"))
    await let_go()
    if brought:
        await wire.bring_up()
    if brought == 2:
        (reply, arrived) = wire.down.pop()
        wire.worker.hear(reply)
        arrived.set()
    await broken_off(entering)
    await wire.bring_all()
    assert wire.gate.spending.under_way == 0
    again = asyncio.create_task(wire.worker.enter("m"))
    await let_go()
    await wire.bring_all()
    assert again.done(), "the place of the first is free"


async def test_a_worker_that_ends_frees_what_it_held_and_what_it_told_is_kept():
    wire = Wire(2)
    for _ in range(3):
        asyncio.create_task(wire.worker.enter("m"))  # noqa: RUF006 they are waited for below
    await let_go()
    await wire.bring_all()
    assert wire.gate.spending.under_way == 2
    assert await wire.worker.settle(outcome(done=True, cost=0.5)) is False
    wire.keeper.hear(wire.up.pop(0))
    await wire.keeper.close()
    assert wire.gate.spending.under_way == 0
    assert wire.gate.spending.spent == 0.5


steps = st.lists(st.sampled_from(["enter", "settle", "break off", "up", "down"]))


@given(steps)
async def test_whatever_crosses_in_the_end_nothing_is_under_way(steps):
    wire, entering, inside = Wire(2), [], 0
    for step in steps:
        if step == "enter":
            entering.append(asyncio.create_task(wire.worker.enter("m")))
        elif step == "break off" and entering:
            await broken_off(task := entering.pop())
            inside += not task.cancelled()
        elif step == "settle":
            inside += sum(task.done() for task in entering)
            entering = [task for task in entering if not task.done()]
            if inside:
                inside -= 1
                await wire.worker.settle(outcome(done=True))
        elif step == "up":
            await wire.bring_up()
        elif step == "down":
            await wire.bring_down()
        await let_go()
    for task in entering:
        await broken_off(task)
        inside += not task.cancelled()
    for _ in range(inside):
        await wire.worker.settle(outcome(done=True))
    await wire.bring_all()
    assert wire.gate.spending.under_way == 0
    await wire.keeper.close()
