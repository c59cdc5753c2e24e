"""A test named after each row of the paper's table of constructs, and of what it says of REPLs.

Source: Liu et al., ACL 2025, arXiv 2411.13826. `docs/paper.md` has the rows, this file the proof;
`test_paper_examples` holds the two together.
"""

from __future__ import annotations

from plans import cell, household, play, script

from replplan.methods import planner_named
from replplan.model import ScriptedModel
from replplan.pool import Pool
from replplan_domains.alfworld import ALFWorld


def prompts(model, session):
    """All that a session was ever shown, as one text for each of its turns."""
    return ["\n".join(m.content for m in r.messages) for r in model.requests
            if r.session == session and r.purpose == "turn"]  # fmt: skip


async def test_an_undefined_call_opens_or_reenters_the_child_of_that_name():
    model = script(root=["answer((double(2), double(5)))"], double=["n = 1; answer(2 * get_args()[0])", "n += 1; answer((n, 2 * get_args()[0]))"])  # fmt: skip
    played = await play(model)
    assert played.result.answer == [4, [2, 10]]
    assert [(e.name, e.entry) for e in played.of("session_opened")] == [
        ("root", 1), ("double", 1), ("double", 2),
    ]  # fmt: skip


async def test_get_args_gives_the_arguments_that_the_parent_passed():
    model = script(root=["x = [1]; f(x, 2, word='three'); answer(x)"],
                   f=["args = get_args(); args[0].append(args.word); answer(None)"])  # fmt: skip
    assert (await play(model)).result.answer == [1, "three"]


async def test_answer_ends_the_turn_and_hands_back_the_value_and_in_the_root_ends_the_plan():
    model = script(root=["got = f()\nprint(got)", "answer(got + 1)\nprint('never')"],
                   f=["for n in range(9):\n    if n == 3: answer(n)\nprint('never')"])  # fmt: skip
    played = await play(model)
    assert (played.result.answer, played.result.stop_reason) == (4, "answered")
    assert "never" not in "".join(played.shown)


async def test_act_does_one_action_in_the_world():
    model = script(root=["seen = act('look')\nanswer(seen)"])
    played = await play(model, domain=household())
    (acted,) = played.of("acted")
    assert (acted.action, played.result.answer) == ("look", acted.observation)


async def test_get_obs_is_the_current_observation_a_string_to_be_sliced_without_printing():
    model = script(root=["first = get_obs()", "act('look')\nanswer((first[:2], get_obs() == first))"])  # fmt: skip
    played = await play(model, domain=household())
    assert played.result.answer == ["-=", False]
    assert played.shown[0] == "(no output)", "what was not printed costs no token"


async def test_own_variables_only_get_args_and_answer_cross_and_the_world_is_shared():
    model = script(root=["secret = 1\nseen = get_obs()\ngo(2)", "answer(('n' in globals(), get_obs() != seen))"],
                   go=["n = get_args()[0]\nact('look')\nanswer('secret' in globals())"])  # fmt: skip
    played = await play(model, domain=household())
    assert played.result.answer == [False, True]
    closed = [e.answer.value for e in played.of("session_closed") if e.session != "root"]
    assert closed == [False]


async def test_own_context_a_parent_sees_only_what_its_child_answered():
    model = script(root=["x = f()\nprint(x)", "answer(x)"],
                   f=["print('a word of the child')", "answer('the answer')"])  # fmt: skip
    await play(model)
    assert "a word of the child" in prompts(model, "root/f")[-1]
    assert "a word of the child" not in prompts(model, "root")[-1]
    assert "the answer" in prompts(model, "root")[-1]


async def test_reentry_by_name_goes_on_with_variables_and_history():
    model = script(root=["f(1)", "answer(f(2))"],
                   f=["kept = get_args()[0]\nanswer(None)", "answer((kept, len(history)))"])  # fmt: skip
    played = await play(model)
    assert played.result.answer == [1, 1]
    before, after = prompts(model, "root/f")
    assert after.startswith(before)
    assert "called again: `f(2)`" in after


async def test_a_pool_of_repls_by_name_demonstrates_and_a_name_with_none_is_zero_shot():
    model = script(root=["find_and_take('mug', ['shelf 1']); other('mug')", "answer(1)"],
                   find_and_take=["answer(1)"], other=["answer(1)"])  # fmt: skip
    await play(model, domain=household(), pool=Pool((ALFWorld().demos,), "alfworld"))
    assert prompts(model, "root/find_and_take")[0].count("An example.") == 3
    assert "An example." not in prompts(model, "root/other")[0]


async def test_an_undefined_call_is_a_sub_task_and_an_undefined_variable_is_a_bug():
    model = script(root=["print(nothing)", "print(something())", "answer(1)"],
                   something=["answer('solved')"])  # fmt: skip
    played = await play(model)
    errors = [e.result.error and e.result.error.name for e in played.of("cell_finished")]
    assert errors == ["NameError", None, None, None]
    assert [e.name for e in played.of("session_opened")] == ["root", "something"]


async def test_fuzzy_sub_problems_are_sub_tasks_too_and_ask_is_their_short_form():
    model = script(root=["a = fits('a red mug', 'something to drink from')\n"
                         "b = ask('Is this something to drink from?', 'a red mug', type=bool)\n"
                         "answer((a, b))"],
                   fits=["print(get_args())", "answer(True)"], ask=["true"])  # fmt: skip
    played = await play(model)
    assert played.result.answer == [True, True]
    assert (played.result.usage.turns, played.result.usage.asks) == (3, 1)


async def test_statement_by_statement_as_the_paper_writes_or_a_cell_a_turn():
    code = "x = 1\ny = 2\nanswer(x + y)"
    whole = await play(ScriptedModel([cell(code)]))
    single = await play(
        ScriptedModel([cell(code), cell("y = 2\nanswer(x + y)"), cell("answer(x + y)")]),
        planner=planner_named("repl-plan/statement"),
    )
    assert (whole.result.answer, single.result.answer) == (3, 3)
    assert (whole.result.usage.turns, single.result.usage.turns) == (1, 3)
    assert [e.code for e in single.of("cell_started")] == ["x = 1", "y = 2", "answer(x + y)"]
