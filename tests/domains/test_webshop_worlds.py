"""Many customers at once: one process, one shop, and none who feels another."""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from processes import running

from replplan.errors import DomainError
from replplan.world import open_world
from replplan_domains.webshop import WebShop, parse_results

DOMAIN = WebShop()
TASKS = DOMAIN.tasks("all")


def worlds():
    return [process.pid for process in running("replplan.world_process")]


def memory(pid):
    """What is its own, in kB: pages that it shares count for more or less with who else has them."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@linux
async def test_fifty_customers_need_little_more_memory_than_one():
    used = []
    for count in (1, 50):
        async with AsyncExitStack() as stack:
            shops = [
                await stack.enter_async_context(open_world(DOMAIN, TASKS[i])) for i in range(count)
            ]
            for world, task in zip(shops, TASKS, strict=False):
                assert task.goal in await world.reset()
                assert task.goal in (await world.step(f"search[{task.goal}]")).observation
            used.append(sum(map(memory, worlds())))
            assert len(worlds()) == 1
    assert used[1] <= 1.5 * used[0]
    assert worlds() == []


async def test_customers_do_not_feel_each_other():
    async with AsyncExitStack() as stack:
        a, b = [await stack.enter_async_context(open_world(DOMAIN, TASKS[0])) for _ in range(2)]
        first = await a.reset()
        found = (await a.step("search[chef knife]")).observation
        assert await b.reset() == first
        assert (await a.step("")).observation == found
        asin = parse_results(found)[0]["asin"]
        assert not (await a.step(f"click[{asin}]")).terminated
        assert (await a.step("click[Buy Now]")).terminated
        assert not (await b.step("")).terminated


async def test_they_shop_at_the_same_time():
    async def visit(task):
        async with open_world(DOMAIN, task) as world:
            first = await world.reset()
            pages = [(await world.step(f"search[{word}]")).observation for word in ("mug", "lamp")]
            return task.goal in first and all(task.goal in page for page in pages)

    assert all(await asyncio.gather(*map(visit, TASKS[:20])))


async def test_who_leaves_in_the_middle_disturbs_nobody():
    async with open_world(DOMAIN, TASKS[0]) as world, open_world(DOMAIN, TASKS[1]) as other:
        await world.reset()
        for _ in range(20):
            step = asyncio.ensure_future(world.step("search[mug]"))
            await asyncio.sleep(0)  # the request is on its way
            step.cancel()
            with pytest.raises(asyncio.CancelledError):
                await step
            assert TASKS[1].goal in await other.reset()


@linux
async def test_after_the_process_died_the_next_customer_gets_a_new_one():
    async with open_world(DOMAIN, TASKS[0]) as world:
        await world.reset()
        (pid,) = worlds()
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(DomainError, match="the world's process ended"):
            await world.step("search[mug]")
        async with open_world(DOMAIN, TASKS[1]) as other:
            assert TASKS[1].goal in await other.reset()


async def test_a_goal_that_is_not_there_is_told_and_the_others_go_on():
    async with open_world(DOMAIN, TASKS[0]) as world:
        bad = TASKS[0].model_copy(update={"data": {"goal": 10**9}})
        with pytest.raises(DomainError, match="no goal 1000000000"):
            async with open_world(DOMAIN, bad):
                pass
        assert TASKS[0].goal in await world.reset()
