"""What a plan may spend."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replplan.errors import ConfigError, LimitExceeded
from replplan.limits import Budget, Limits, Usage, limits_of_child

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


@given(st.lists(amounts), st.lists(amounts))
def test_a_part_is_entered_in_the_whole(own, others):
    whole = Budget()
    part = Budget(Limits(turns=1), "root/child", whole)
    for usage in own:
        part.add(usage)
    for usage in others:
        whole.add(usage)
    assert part.usage.turns == sum(u.turns for u in own)
    assert whole.usage.turns == part.usage.turns + sum(u.turns for u in others)
    assert whole.usage.tokens == sum(u.tokens for u in [*own, *others])


def test_of_a_part_and_the_whole_the_limits_of_both_hold():
    whole = Budget(Limits(turns=2))
    part = Budget(limits_of_child({"turns": 5}), "root/child", whole)
    part.check("turns")
    whole.add(Usage(turns=2))
    with pytest.raises(LimitExceeded) as caught:
        part.check("turns")
    assert caught.value.session == "root"


def test_a_part_allows_nothing_more_once_a_limit_of_its_own_fell():
    whole = Budget()
    part = Budget(limits_of_child({"actions": 1}), "root/child", whole)
    part.add(Usage(actions=1))
    part.check("turns")
    for wanted in ("actions", "turns"):
        with pytest.raises(LimitExceeded) as caught:
            part.check(wanted)
        assert (caught.value.limit, caught.value.session) == ("actions", "root/child")
    whole.check("turns", "actions")


def test_depth_of_a_part_counts_from_its_session():
    part = Budget(limits_of_child({"depth": 1}), "root/a/b", Budget(Limits(depth=5)), depth=2)
    part.check_depth(3)
    with pytest.raises(LimitExceeded) as caught:
        part.check_depth(4)
    fallen = caught.value
    assert (fallen.limit, fallen.used, fallen.allowed) == ("depth", 2, 1)
    assert fallen.session == "root/a/b"


@pytest.mark.parametrize(
    ("given_", "sentence"),
    [
        ({"turns": 0}, "the limit turns is a whole number above 0, or None, not 0"),
        ({"turns": "many"}, "the limit turns is a whole number above 0, or None, not 'many'"),
        ({"cost": -1}, "the limit cost is a number above 0, or None, not -1"),
        ({"depth": -1}, "the limit depth is a whole number, 0 or more, or None, not -1"),
        ({"second": 60}, "there is no limit 'second'; there are: turns, model_calls, tokens,"),
    ],
)
def test_limits_that_are_none_are_refused_in_a_sentence(given_, sentence):
    with pytest.raises(ConfigError) as caught:
        Limits(**given_)
    assert str(caught.value).startswith(sentence)


def test_a_limit_that_a_later_version_wrote_is_passed_over():
    assert Limits.model_validate_json('{"turns": 3, "noise": 1}') == Limits(turns=3)
    assert Limits.model_validate({"turns": 3, "noise": 1}) == Limits(turns=3)


@pytest.mark.parametrize("given_", [{"turn": 1}, {"turns": 0}, {"turns": "x"}, {"seconds": [1]}])
def test_limits_of_a_child_that_are_none(given_):
    with pytest.raises(ConfigError):
        limits_of_child(given_)


def test_a_childs_cells_have_no_more_time_than_it_has():
    whole = Budget(Limits(cell_seconds=60))
    assert whole.cell_seconds == 60
    part = Budget(limits_of_child({"seconds": 5}), "root/child", whole)
    assert part.cell_seconds <= 5
    assert Budget(limits_of_child({"cell_seconds": 2}), "root/child", whole).cell_seconds == 2


# ------------------------------------------------------------------ the clock
class Clock:
    """A clock that goes on when it is told to."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("replplan.limits.time", SimpleNamespace(monotonic=clock))
    return clock


def test_the_clock_begins_with_the_budget_and_stands_still_while_somebody_is_waited_for(clock):
    budget = Budget(Limits(seconds=60))
    clock.now += 10
    assert (budget.usage.seconds, budget.seconds_left) == (10, 50)
    for _ in range(2):
        budget.hold()
        clock.now += 30
        assert budget.usage.seconds == 10
    for _ in range(2):
        budget.go_on()
        clock.now += 1
    assert (budget.usage.seconds, budget.seconds_left) == (12, 48)
    clock.now += 100
    assert budget.seconds_left == 0
    with pytest.raises(LimitExceeded) as caught:
        budget.check()
    assert (caught.value.limit, caught.value.used) == ("seconds", 112)


def test_the_seconds_that_had_passed_before_count_and_those_that_are_entered_do_not(clock):
    budget = Budget(Limits(seconds=60), before=20)
    clock.now += 5
    budget.add(Usage(seconds=30))
    assert (budget.usage.seconds, budget.seconds_left) == (25, 35)


def test_seconds_are_told_to_the_thousandth(clock):
    budget = Budget()
    clock.now += 1.23456
    assert budget.usage.seconds == 1.235


def test_a_copy_has_spent_as_much_and_is_an_account_of_its_own(clock):
    budget = Budget(Limits(turns=5), "root/child")
    budget.add(Usage(turns=2))
    clock.now += 5
    copy = budget.copy()
    assert (copy.limits, copy.session, copy.usage) == (budget.limits, "root/child", budget.usage)
    copy.add(Usage(turns=1))
    assert (budget.usage.turns, copy.usage.turns) == (2, 3)


def test_cost_is_bounded_by_a_limit_of_its_own_or_of_what_it_is_a_part_of():
    bounded, free = Budget(Limits(cost=1)), Budget(Limits())
    assert [b.bounds_cost for b in (bounded, free)] == [True, False]
    assert Budget(Limits(), parent=bounded).bounds_cost
    assert Budget(Limits(cost=1), parent=free).bounds_cost
    assert not Budget(Limits(), parent=free).bounds_cost


def test_without_any_limit_a_cell_may_run_for_ever():
    assert Budget(Limits(cell_seconds=None)).cell_seconds is None
