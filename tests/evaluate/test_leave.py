"""What a worker holds of the gate: nobody else's requests are lost with it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from replplan.evaluate.gate import Outcome
from replplan.evaluate.leave import Leave


class CountingGate:
    """Lets all pass, and counts what is under way by model."""

    def __init__(self):
        self.under_way = {"a": 0, "b": 0}

    async def enter(self, model):
        self.under_way[model] += 1
        return 1.0

    async def settle(self, outcome):
        self.under_way[outcome.model] -= 1
        return outcome.trouble is not None


def outcome(model, **how):
    return Outcome(model=model, sent=1.0, first=1.0, **how)


deeds = st.lists(
    st.tuples(st.sampled_from(["enter", "settle", "give_back"]), st.sampled_from("ab"))
)


@given(deeds)
async def test_whatever_a_worker_did_its_end_leaves_nothing_under_way(deeds):
    gate = CountingGate()
    leave = Leave(gate)
    for deed, model in deeds:
        await getattr(leave, deed)(outcome(model) if deed == "settle" else model)
        assert min(gate.under_way.values()) >= 0
    await leave.give_all_back()
    assert gate.under_way == {"a": 0, "b": 0}


async def test_what_the_gate_says_of_a_request_comes_back():
    leave = Leave(CountingGate())
    assert await leave.enter("a") == 1.0
    assert await leave.settle(outcome("a", trouble="lost")) is True
    assert await leave.settle(outcome("a", trouble="lost")) is False, "it is not held any more"
