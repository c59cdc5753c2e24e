"""What a plan may spend."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from replplan.errors import LimitExceeded
from replplan.limits import Budget, Limits, Usage

amounts = st.builds(
    Usage,
    turns=st.integers(0, 5),
    model_calls=st.integers(0, 5),
    input_tokens=st.integers(0, 1000),
    output_tokens=st.integers(0, 1000),
    actions=st.integers(0, 3),
    cost=st.none() | st.floats(0, 1),
)


@given(st.lists(amounts))
def test_what_is_spent_adds_up(spent):
    budget = Budget()
    for usage in spent:
        budget.add(usage)
    total = budget.usage
    assert total.turns == sum(u.turns for u in spent)
    assert total.tokens == sum(u.input_tokens + u.output_tokens for u in spent)
    if any(u.cost is None for u in spent):
        assert total.cost is None
    else:
        assert total.cost == pytest.approx(sum(u.cost for u in spent))


@pytest.mark.parametrize(
    ("limits", "spent", "limit"),
    [
        (Limits(turns=2), Usage(turns=2), "turns"),
        (Limits(tokens=100), Usage(input_tokens=60, output_tokens=40), "tokens"),
        (Limits(cost=0.5), Usage(cost=0.5), "cost"),
        (Limits(model_calls=1), Usage(model_calls=1), "model_calls"),
    ],
)
def test_a_limit_falls_when_it_is_used_up(limits, spent, limit):
    budget = Budget(limits)
    budget.check("turns", "model_calls")
    budget.add(spent)
    with pytest.raises(LimitExceeded) as caught:
        budget.check("turns", "model_calls")
    assert caught.value.limit == limit
    assert caught.value.used == caught.value.allowed
    assert caught.value.session == "root"


def test_no_limit_is_no_limit():
    everything = dict.fromkeys(Limits.model_fields)
    budget = Budget(Limits(**everything))
    budget.add(Usage(turns=10**6, model_calls=10**6, input_tokens=10**9, actions=10**6, cost=1e6))
    budget.check("turns", "model_calls", "actions")
    budget.check_depth(1000)
    assert budget.seconds_left is None


def test_an_unknown_price_holds_up_nothing():
    budget = Budget(Limits(cost=0.01))
    budget.add(Usage(cost=None))
    budget.check()


def test_depth():
    budget = Budget(Limits(depth=2))
    budget.check_depth(2)
    with pytest.raises(LimitExceeded, match="2 depth"):
        budget.check_depth(3)


@pytest.mark.parametrize("name", ["turns", "seconds", "cost", "tokens"])
def test_a_limit_that_makes_no_sense_is_refused(name):
    with pytest.raises(ValidationError):
        Limits(**{name: -1})
