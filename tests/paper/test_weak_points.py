"""A test named after each weak point that the paper names of its method, and what is done there."""

from __future__ import annotations

import itertools

from plans import cell, household, play, script

from replplan.limits import Limits
from replplan.methods import planner_named
from replplan.model import ScriptedModel
from replplan.plugins import kernel_opener
from replplan.pool import Pool
from replplan.pool.keep import draft
from replplan.pool.places import Place
from replplan.pool.recorded import choose_sessions, read_plan
from replplan.trace import TraceWriter
from replplan_domains.notebook import Notebook

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


async def test_it_needs_good_demonstrations_so_good_runs_are_kept_as_such(tmp_path):
    """Kept from a run, shown to the next one; bugs in them are repaired (`test_paper_examples`)."""
    from replplan.episode import Episode

    scripts = {"root": [cell("answer(measure('word'))")], "measure": [cell("answer(4)")]}
    domain = Notebook(goal="measure a word")
    trace = tmp_path / "trace.jsonl"
    with TraceWriter(trace) as writer:
        (task,) = domain.tasks("goal")
        await Episode(domain, task, ScriptedModel(scripts), kernel_opener(), sinks=(writer,)).run()
    plan = read_plan(trace)
    chosen = choose_sessions(plan, ["root", "measure"])
    for kept in draft(plan, chosen, Place("user", tmp_path / "demos")):
        kept.write()
    again = ScriptedModel(scripts)
    await play(again, domain=domain, pool=Pool((tmp_path / "demos",)))
    for request in again.requests:
        told = [m.content for m in request.messages]
        assert any(text.startswith("An example.") for text in told)
        assert scripts[request.session.split("/")[-1]][0] in told


async def test_one_model_call_per_statement_is_slow_and_dear_so_a_turn_is_a_cell():
    """And a prompt begins as the one before, so that a server's prefix cache serves it."""
    lines = [f"print('line', {n}, 'of what a cell prints')" for n in range(60)]
    cells = ["\n".join(lines[n : n + 6]) for n in range(0, 60, 6)] + ["answer(1)"]
    by_cell = ScriptedModel(map(cell, cells))
    by_statement = ScriptedModel(map(cell, [*lines, "answer(1)"]))
    await play(by_cell)
    await play(by_statement, planner=planner_named("repl-plan/statement"))
    assert (len(by_cell.requests), len(by_statement.requests)) == (11, 61)
    sent = [r.messages for r in by_statement.requests]
    for before, after in itertools.pairwise(sent):
        assert after[: len(before)] == before
    length = [sum(m.length for m in prompt) for prompt in sent]
    shares = [a / b for a, b in itertools.pairwise(length)]
    assert sum(shares) / len(shares) >= 0.95


async def test_a_sub_task_that_pure_code_could_solve_costs_model_calls_until_it_is_defined():
    """A child can hand back the code itself: from then on the name is a function."""
    root = ["print(total([1, 2]))", "total = total_as_code()", "answer([total([n, n]) for n in range(50)])"]  # fmt: skip
    model = script(root=root, total=["answer(sum(get_args()[0]))"],
                   total_as_code=["def total(xs): return sum(xs)\nanswer(total)"])  # fmt: skip
    played = await play(model)
    assert played.result.answer == [2 * n for n in range(50)]
    assert played.result.usage.turns == 5
    assert [e.name for e in played.of("session_opened")] == ["root", "total", "total_as_code"]


async def test_a_child_sees_only_a_name_and_arguments_so_it_is_shown_the_call_and_its_comment():
    model = script(root=["places = ['shelf 1']\n# it was on a shelf this morning\nfind_it('mug', places)"],
                   find_it=["answer(1)", "answer(1)"])  # fmt: skip
    await play(model, Limits(turns=2))
    told = model.requests[1].messages[-1].content
    for shown in (
        "`find_it('mug', places)`",
        "it was on a shelf this morning",
        "('mug', ['shelf 1'])",
    ):
        assert shown in told, shown


async def test_a_badly_named_sub_task_cascades_so_names_with_demonstrations_are_offered():
    model = script(root=["find_and_takes('mug', [])"], find_and_takes=["answer(1)"])
    await play(model, Limits(turns=2), domain=household())
    told = model.requests[1].messages[-1].content
    assert "There is no example of `find_and_takes`, but there is one of `find_and_take`" in told


async def test_a_badly_named_sub_task_ends_alone_when_its_limits_fall():
    model = script(root=["try: subtask('do_it_all', limits=Limits(turns=2))\n"
                         "except SubtaskFailed as e: print(e)", "answer('went on')"],
                   do_it_all=["x = 1", "x = 2", "x = 3"])  # fmt: skip
    played = await play(model)
    assert played.result.answer == "went on"
    assert "do_it_all: the limit of 2 turns is used up" in "".join(played.shown)


async def test_text_only_so_ask_shows_pictures_to_a_model_that_sees():
    code = f"import base64\nfrom IPython.display import Image\npicture = Image(base64.b64decode('{PNG}'))\n"
    asks = [cell(code + "answer(ask('What colour?', picture))")]
    sees = ScriptedModel({"root": asks, "ask": ["red"]}, sees=True)
    played = await play(sees)
    assert played.result.answer == "red"
    (shown,) = sees.requests[-1].messages[-1].images
    assert shown.mime == "image/png"
    blind = await play(ScriptedModel({"root": [*asks, cell("answer(0)")]}), Limits(turns=2))
    assert "takes no pictures" in blind.shown[0]
