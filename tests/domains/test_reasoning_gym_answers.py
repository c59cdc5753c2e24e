"""What comes out of a cell is never run by who judges it, and is judged as it should be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replplan.cell import Answer
from replplan.plugins import make_domain
from replplan_domains.reasoning_gym.answers import FORMULAS, LISTS, is_formula
from replplan_domains.reasoning_gym.generators import NEED

DOMAIN = make_domain("reasoning-gym", {})
needed = pytest.mark.skipif(not NEED.is_here, reason=f"reasoning-gym is missing: {NEED.remedy}")


@needed
@pytest.mark.parametrize("generator", sorted(FORMULAS | LISTS))
def test_an_answer_that_is_code_does_not_run(generator, tmp_path):
    task, trap = DOMAIN.task(f"{generator}-dev-0"), tmp_path / "ran"
    code = f"__import__('pathlib').Path({str(trap)!r}).touch()"
    for answer in (code, f"[{code}]", f" {code}", f"1+({code} or 0)", f"[x for x in ({code},)]"):
        assert not DOMAIN.score(task, None, Answer(value=answer)).solved
    assert not trap.exists()
    assert DOMAIN.score(task, None, DOMAIN.gold_answer(task)).solved


@needed
@pytest.mark.parametrize(
    ("generator", "answer", "score"),
    [
        ("simple_integration", "Integral({integrand}, {variable})", 0),
        ("simple_integration", "{gold} + 7", 1),
        ("countdown", "9**9**9**9", 0.01),
        ("string_insertion", "{letters}", 0.1),
        ("puzzle24", "6 * 4 * 1 * 1", 0.01),
        ("game_of_life_halting", "rubbish", 0),
        ("game_of_life_halting", " true", 1),
        ("complex_arithmetic", "nan", 0),
    ],
)
def test_an_answer_in_another_form_is_judged(generator, answer, score):
    """The question again is none; a list of letters is worth a little to its makers."""
    task = DOMAIN.task(f"{generator}-dev-0")
    gold = DOMAIN.gold_answer(task).value
    # the integrand of dev-0
    known = {"integrand": "-45*X**8 - 4*X**5 + 12*X**2", "variable": "X"}
    said = answer.format(gold=gold, letters=list(gold), **known)
    assert DOMAIN.score(task, None, Answer(value=said)).value == pytest.approx(score)


ATOMS = st.one_of(st.integers(0, 99).map(str), st.sampled_from(["x", "y", "C", "2.5", "pi"]))
FORMS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map("({0[0]}{0[1]}{0[2]})".format),
        inner.map("-{}".format),
        inner.map("sqrt({})".format),
    ),
    max_leaves=12,
)


@given(FORMS)
def test_what_is_calculated_with_numbers_and_letters_is_a_formula(text):
    assert is_formula(text)
    assert is_formula(f"({text})**(3/2) + sin(x)*exp(2*x)")


@given(FORMS, st.sampled_from(
    ["{}.real", "[{}]", "open({})", "({})(1)", "{} if x else 1", "lambda: {}", "'{}'", "xx*{}",
     "{}**9**9**9", "({}+1)**(99*99)", "{};x", "exp(exp({}))", "{}==1", "x:={}", "{}!", "f(*{})"]
))  # fmt: skip
def test_what_is_more_or_would_take_for_ever_is_none(text, form):
    assert not is_formula(form.format(text))
