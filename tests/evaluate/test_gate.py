"""The gate that all requests of a run pass: rate limits, lost endpoints, what a run may cost."""

from __future__ import annotations

import asyncio

import pytest
from endpoint import Refused
from hypothesis import given
from hypothesis import strategies as st

from replplan.endpoints.settings import Settings
from replplan.errors import ModelError
from replplan.evaluate.gate import TRIES, GatedModel, HostGate, Spending
from replplan.evaluate.limiter import RateLimiter
from replplan.model import Completion, Message, Request, Tokens
from replplan.openai_model import OpenAIModel

ASK = Request(messages=(Message(role="user", content="hello"),))


class Clock:
    """Time that passes when a test says so."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


async def let_go():
    """Give every task that can go on the time to do so."""
    for _ in range(20):
        await asyncio.sleep(0)


class Wire:
    """A model whose replies a test gives by hand; it counts requests under way."""

    name, context, sees, taught = "wire", None, False, False

    def __init__(self):
        self.asked, self.most = [], 0

    async def complete(self, request, on_text=None):
        reply = asyncio.get_running_loop().create_future()
        self.asked.append(reply)
        self.most = max(self.most, sum(not r.done() for r in self.asked))
        return await reply

    async def close(self):
        pass

    @property
    def open(self):
        return [r for r in self.asked if not r.done()]

    async def say(self, cost=0.0):
        self.open[0].set_result(Completion(text="yes", tokens=Tokens(cost=cost)))
        await let_go()

    async def fail(self, **about):
        self.open[0].set_exception(ModelError("no", **about))
        await let_go()


@pytest.fixture
def gated():
    """A wire behind a gate, whose clock and ends the test has."""

    def make(most=4, **about):
        wire, clock, ends = Wire(), Clock(), []
        gate = HostGate(most, ends.append, clock=clock, **about)
        return wire, GatedModel(wire, gate, "m"), gate, clock, ends

    return make


async def test_no_more_requests_are_under_way_than_allowed(gated):
    wire, model, *_ = gated(most=3)
    tasks = [asyncio.create_task(model.complete(ASK)) for _ in range(10)]
    await let_go()
    while wire.open:
        assert len(wire.open) <= 3
        await wire.say()
    await asyncio.gather(*tasks)
    assert (len(wire.asked), wire.most) == (10, 3)


async def test_concurrency_follows_what_the_endpoint_bears(gated):
    wire, model, gate, clock, _ = gated(most=8)
    tasks = [asyncio.create_task(model.complete(ASK)) for _ in range(40)]
    await let_go()
    assert len(wire.open) == 8
    clock.now += 1
    for _ in range(8):  # all were sent before the first refusal came: one decrease, not eight
        await wire.fail(busy=True)
    limiter = gate.limiters["m"]
    assert 5 < limiter.allowed < 6
    assert wire.open == []
    clock.now += 10
    limiter._ring()
    await let_go()
    assert len(wire.open) == 5
    while wire.open:
        await wire.say()
    assert limiter.allowed == 8
    await asyncio.gather(*tasks)


async def test_retry_after_is_kept_by_all(gated):
    wire, model, gate, clock, _ = gated(most=2)
    tasks = [asyncio.create_task(model.complete(ASK)) for _ in range(3)]
    await let_go()
    clock.now += 1
    await wire.fail(busy=True, retry_after=7.0)
    await wire.say()
    clock.now += 6.9
    gate.limiters["m"]._ring()
    await let_go()
    assert wire.open == []
    clock.now += 0.2
    gate.limiters["m"]._ring()
    await let_go()
    assert len(wire.open) >= 1
    while wire.open:
        await wire.say()
    await asyncio.gather(*tasks)


async def test_a_lost_endpoint_is_tried_by_one_request_at_a_time_and_then_given_up(gated):
    wire, model, gate, clock, ends = gated(most=4, patience=60.0)
    tasks = [asyncio.create_task(model.complete(ASK)) for _ in range(4)]
    await let_go()
    for _ in range(4):
        await wire.fail(transient=True)
    tries = 0
    while not ends:
        clock.now += 31
        gate.limiters["m"]._ring()
        await let_go()
        assert len(wire.open) == 1
        await wire.fail(transient=True)
        tries += 1
    assert tries == 2
    assert "--patience is 60 s" in ends[0]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert gate.limiters["m"].in_flight == 0


async def test_a_request_that_alone_fails_is_given_up_and_the_run_goes_on(gated):
    wire, model, gate, clock, ends = gated(most=2)
    poison = asyncio.create_task(model.complete(ASK))
    for _ in range(TRIES):
        await let_go()
        await wire.fail(transient=True)
        clock.now += 40
        if gate.limiters["m"]._waiters:
            gate.limiters["m"]._ring()
        await let_go()
        if not poison.done():
            other = asyncio.create_task(model.complete(ASK))
            gate.limiters["m"].down = False  # as if another's reply had come
            gate.limiters["m"].answered = clock.now
            other.cancel()
            await asyncio.gather(other, return_exceptions=True)
    with pytest.raises(ModelError):
        await poison
    assert ends == []


async def test_a_wrong_key_ends_the_run_at_once(gated):
    wire, model, _, _, ends = gated()
    task = asyncio.create_task(model.complete(ASK))
    await let_go()
    await wire.fail(hopeless=True)
    with pytest.raises(ModelError):
        await task
    assert ends == ["no"]


@given(st.lists(st.sampled_from([0.1, 0.25, 0.5]), min_size=1, max_size=30), st.integers(1, 6))
def test_a_run_goes_past_its_cost_by_one_request_at_most(costs, most):
    async def run():
        wire, ends = Wire(), []
        gate = HostGate(most, ends.append, Spending(1.0))
        tasks = [asyncio.create_task(GatedModel(wire, gate, "m").complete(ASK)) for _ in costs]
        await let_go()
        for cost in sorted(costs, reverse=True):  # the dearest first: so they are known
            if wire.open:
                await wire.say(cost)
        assert gate.spending.spent < 1.0 + 0.5
        assert bool(ends) == (gate.spending.spent >= 1.0 and len(wire.asked) < len(costs))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(run())


async def test_an_unknown_price_ends_a_run_that_has_a_total(gated):
    wire, model, _, _, ends = gated(spending=Spending(1.0))
    task = asyncio.create_task(model.complete(ASK))
    await let_go()
    await wire.say(cost=None)
    await task
    assert "--total-cost cannot be kept" in ends[0]


async def test_whoever_leaves_takes_no_place_along():
    limiter = RateLimiter(1)
    await limiter.enter()
    waiting = [asyncio.create_task(limiter.enter()) for _ in range(3)]
    await let_go()
    waiting[0].cancel()
    limiter.succeeded()  # the first of those that are left is let in, and leaves at once
    waiting[1].cancel()
    await asyncio.gather(*waiting[:2], return_exceptions=True)
    await asyncio.wait_for(waiting[2], 5)
    assert limiter.in_flight == 1


async def test_a_real_endpoint_that_asks_for_less_gets_less(endpoint):
    endpoint.script(Refused(429, retry_after=0.05), Refused(503), "yes")
    gate = HostGate(4, lambda why: pytest.fail(why))
    model = OpenAIModel(
        endpoint.model, base_url=endpoint.url, api_key=endpoint.key, settings=Settings(retries=0)
    )
    completion = await GatedModel(model, gate, "m").complete(ASK)
    await model.close()
    assert (completion.text, len(endpoint.bodies)) == ("yes", 3)
    assert gate.limiters["m"].allowed < 4


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3.0), ("0.5", 0.5), ("-1", 0.0), ("soon", None), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0)],
)
def test_retry_after_holds_seconds_or_a_date(header, seconds):
    from replplan.endpoints.dialect import seconds_of

    assert seconds_of(header) == seconds
