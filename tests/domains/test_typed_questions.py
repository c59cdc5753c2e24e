"""Worlds of questions: what is right is right in its type too, and nothing else is."""

from __future__ import annotations

import json
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replplan.cell import Answer
from replplan.plugins import make_domain

ASKED = {
    f"{name}-{domain.kind(task)}": (domain, task, domain.gold_answer(task).value)
    for name in ("tables", "longtext")
    for domain in [make_domain(name, {"size": "2000"} if name == "longtext" else {})]
    for task in domain.tasks("dev")[:12]
}
NUMBERS = st.one_of(st.integers(-3, 40), st.sampled_from([0.0, 1.0, -0.0, 1e300]), st.floats())
SIMPLE = st.one_of(st.none(), st.booleans(), NUMBERS)
VALUES = st.recursive(
    SIMPLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
asked = pytest.mark.parametrize("kind", sorted(ASKED))


def other_forms(gold):
    """What Python or a careless reader takes for the same."""
    if isinstance(gold, list):
        return [gold[::-1], [*gold, *gold[:1]], gold[1:], {str(n): x for n, x in enumerate(gold)}]
    if isinstance(gold, dict):
        first = next(iter(gold))
        less = {name: gold[name] for name in gold if name != first}
        return [list(gold.items()), less, gold | {"": 0}, gold | {first: str(gold[first])},
                gold | {first: float(gold[first])}]  # fmt: skip
    if isinstance(gold, str):
        return [gold.upper(), f" {gold}", [gold], {gold: gold}]
    near = [gold + 0.01, gold + 1] if not isinstance(gold, bool) else [int(gold), float(gold)]
    return [*near, [gold], not gold, None]


@asked
@given(VALUES)
def test_no_other_value_is_right(kind, value):
    domain, task, gold = ASKED[kind]
    same = type(value) is type(gold) or (isinstance(gold, float) and type(value) is int)
    right = round(value, 6) if isinstance(value, float) and isfinite(value) else value
    score = domain.score(task, None, Answer(value=value))
    assert score.solved == (same and right == gold)
    assert score.value in (0, 1)


@asked
def test_what_looks_like_the_answer_is_not(kind):
    domain, task, gold = ASKED[kind]
    assert domain.score(task, None, Answer(value=json.loads(json.dumps(gold)))).solved
    for value in other_forms(gold):
        if value != gold or type(value) is not type(gold):
            assert not domain.score(task, None, Answer(value=value)).solved, value


def test_a_text_is_read_for_what_it_says_and_a_repr_is_not():
    domain, task, gold = ASKED["tables-count"]
    assert domain.score(task, None, Answer(value=f"{gold}")).solved
    assert not domain.score(task, None, Answer(value=f"{gold}", exact=False, kind="Lock")).solved
    assert "Lock" in domain.complaint(task, Answer(value="", exact=False, kind="Lock"))
    assert "valid integer" in domain.complaint(task, Answer(value=True))
