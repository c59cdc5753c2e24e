"""Each key that steers, pressed on a real plan, and what the trace then holds."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from threading import Event

from plans import household, script
from textual.events import Key
from watching import launch, live, watched

from replplan.helm import Fallen, Pause, Query, Review
from replplan_tui.dialogs import LimitsDialog, LineDialog, TextDialog
from replplan_tui.live import PlanFeed


def approving(helm):
    helm.approving = True


def paused(helm):
    helm.paused = True


async def test_a_cell_is_run_edited_and_rejected(tmp_path):
    model = script(root=["x = 1", "x = 2", "x = 3", "answer(x)"])
    async with live(model, tmp_path, prepare=approving) as w:
        await w.decision(Review)
        await w.until(lambda: "x = 1" in w.text() and "y run" in w.text())
        await w.press("y")
        await w.until(lambda: getattr(w.pane.decision, "code", "") == "x = 2")
        await w.press("e")
        await w.dialog(TextDialog)
        await w.write("0")
        await w.press("ctrl+s")
        await w.until(lambda: getattr(w.pane.decision, "code", "") == "x = 3")
        await w.press("x")
        await w.dialog(LineDialog)
        await w.write("too many")
        await w.press("enter")
        await w.until(lambda: getattr(w.pane.decision, "code", "") == "answer(x)")
        await w.press("a")
        await w.ended()
        reviewed = [(e.verdict, e.code, e.reason) for e in w.of("cell_reviewed")]
        assert reviewed == [
            ("run", "", ""),
            ("edited", "x = 20", ""),
            ("refused", "", "too many"),
            ("run", "", ""),
        ]
        assert w.of("plan_finished")[0].answer.value == 20


async def test_what_is_typed_at_once_with_the_key_that_ends_it_is_not_lost(tmp_path):
    """A fast hand, or a slow machine: no key waits for the one before it."""
    async with live(script(root=["answer(1)"]), tmp_path, prepare=approving) as w:
        await w.decision(Review)
        await w.press("e")
        await w.dialog(TextDialog)
        await w.press("end", "left")
        for key, text in [*((c, c) for c in "+ 411"), ("backspace", None), ("ctrl+s", None)]:
            w.app.post_message(Key(key, text))
        await w.ended()
        assert w.of("cell_reviewed")[0].code == "answer(1+ 41)"


async def test_a_plan_is_paused_stepped_told_something_and_goes_on(tmp_path):
    model = script(root=["x = 1", "x += 1", "answer(x)"])
    async with live(model, tmp_path, prepare=paused) as w:
        await w.decision(Pause)
        await w.until(lambda: "paused before the next turn" in w.text())
        await w.press("s")
        await w.until(lambda: len(w.pane.story.stops["cell"]) == 1)
        await w.decision(Pause)
        await w.press("m")
        await w.dialog(TextDialog)
        await w.write("be quick")
        await w.press("ctrl+s")
        await w.until(lambda: w.pane.live.helm.notes)
        await w.press("p")
        await w.ended()
        assert [e.text for e in w.of("noted")] == ["be quick"]
        assert [e.paused for e in w.of("paused")] == [True, False, True, False]


async def test_questions_are_answered_or_left_to_the_model(tmp_path):
    cells = ["x = ask('which one?')", "answer(x + ask('and then?'))"]
    model = script(root=cells, ask=["b"])
    async with live(model, tmp_path, prepare=paused) as w:
        await w.decision(Pause)
        await w.press("t")
        await w.until(lambda: w.pane.live.helm.answering)
        await w.press("p")
        await w.decision(Query)
        await w.until(lambda: "which one?" in w.text())
        await w.press("r")
        await w.dialog(TextDialog)
        await w.write("a")
        await w.press("ctrl+s")
        await w.until(lambda: getattr(w.pane.decision, "question", None) is not None
                      and w.pane.decision.question.text == "and then?")  # fmt: skip
        await w.press("d")
        await w.ended()
        assert [e.answer for e in w.of("ask_answered")] == ["a"]
        assert w.of("plan_finished")[0].answer.value == "ab"


async def test_a_question_of_ones_own_cell_comes_before_the_cell_that_waits(tmp_path):
    """It is asked for a value of a type, and answered in words."""
    async with live(script(root=["answer(sure)"]), tmp_path, prepare=approving) as w:
        await w.decision(Review)
        await w.press("t")
        await w.until(lambda: w.pane.live.helm.answering)
        await w.press("w")
        await w.dialog(TextDialog)
        await w.write("sure = ask('is it there?', type=bool)")
        await w.press("ctrl+s")
        await w.decision(Query)
        await w.until(lambda: "asks: is it there?" in w.text())
        await w.press("r")
        await w.dialog(TextDialog)
        await w.until(lambda: "yes or no" in w.text())
        await w.write("yes")
        await w.press("ctrl+s")
        await w.decision(Review)
        await w.press("y")
        await w.ended()
        assert w.of("plan_finished")[0].answer.value is True


async def test_a_limit_that_fell_is_raised(tmp_path):
    model = script(root=["x = 1", "x += 1", "answer(x)"])
    async with live(model, tmp_path, turns=1) as w:
        await w.decision(Fallen)
        await w.until(lambda: "the limit of 1 turn is used up" in w.text())
        await w.press("l")
        await w.dialog(LimitsDialog)
        await w.press("end", "0", "enter")
        await w.ended()
        assert [e.limits.turns for e in w.of("limits_raised")] == [10]
        assert w.of("plan_finished")[0].stop_reason == "answered"


async def test_a_limit_that_fell_ends_the_plan(tmp_path):
    async with live(script(root=["x = 1", "x += 1"]), tmp_path, turns=1) as w:
        await w.decision(Fallen)
        await w.press("d")
        await w.ended()
        assert w.of("plan_finished")[0].stop_reason == "limit:turns"


async def test_the_running_cell_is_interrupted(tmp_path):
    loop = "x = 5\nimport time\nprint('goes on', flush=True)\nwhile True: time.sleep(0.01)"
    async with live(script(root=[loop, "answer(x)"]), tmp_path) as w:
        await w.until(lambda: "goes on" in w.pane.page.output)
        await w.until(lambda: "goes on" in w.text())
        await w.press("i")
        await w.ended()
        assert w.of("interrupted")[0].stopped
        assert w.of("plan_finished")[0].answer.value == 5


async def test_a_cell_of_ones_own_runs_in_the_live_kernel(tmp_path):
    model = script(root=["x = 1", "answer(x)"])
    async with live(model, tmp_path, prepare=paused) as w:
        await w.decision(Pause)
        await w.press("s")
        await w.until(lambda: len(w.pane.story.stops["cell"]) == 1)
        await w.decision(Pause)
        await w.press("w")
        await w.dialog(TextDialog)
        await w.write("x += 41")
        await w.press("ctrl+s")
        await w.until(lambda: any(e.kind == "own" and e.end for e in w.pane.page.entries))
        await w.until(lambda: "[own 1]" in w.text())
        seen = w.pane.page.variables
        await w.until(lambda: ("x", "42") in [(v.name, v.value) for v in seen.at(None, ())])
        await w.press("p")
        await w.ended()
        assert w.of("own_cell_started")[0].code == "x += 41"
        assert w.of("plan_finished")[0].answer.value == 42


async def test_a_kernel_that_dies_while_somebody_types_a_cell(tmp_path):
    async with live(script(root=["1"]), tmp_path, prepare=approving) as w:
        await w.decision(Review)
        await w.press("w")
        await w.dialog(TextDialog)
        await w.write("1 + 1")
        kernel = w.pane.live.helm.plan.kernel
        os.kill(kernel.process.pid, signal.SIGKILL)
        await w.until(kernel.death.is_set)
        await w.press("ctrl+s")
        await w.until(lambda: any(e.kind == "own" and e.end for e in w.pane.page.entries))
        assert "process has ended" in w.of("own_cell_finished")[0].failure
        await w.press("y")
        await w.ended()
        assert w.of("plan_finished")[0].stop_reason == "failed"
        await w.until(lambda: "process has ended" in w.text())


async def test_a_branch_goes_on_beside_its_plan(tmp_path):
    model = script(root=["act('go to fridge 1')", "answer(1)", "answer(2)"])
    async with live(model, tmp_path, (200, 40), paused, domain=household()) as w:
        await w.decision(Pause)
        await w.press("s")
        await w.until(lambda: len(w.pane.story.stops["cell"]) == 1)
        await w.decision(Pause)
        await w.press("b")
        await w.until(lambda: len(w.screen.panes) == 2)
        second = w.screen.panes[1]
        await w.until(lambda: second.story.finished)
        await w.until(lambda: [p.display for p in w.screen.panes] == [True, True])
        assert w.pane is second
        assert second.story.finished.answer.value == 1
        assert second.story.world_at(None).action == "go to fridge 1"
        await w.press("left_square_bracket", "p")
        await w.until(lambda: w.screen.panes[0].story.finished)
        assert w.of("branched")[0].to == str(second.feed.path)
        assert w.of("plan_finished")[0].answer.value == 2


async def test_a_key_is_not_lost_while_the_model_is_being_made(tmp_path):
    here, model = Event(), script(root=["answer(1)"])

    def slow():
        here.wait(60)
        return model

    feed = PlanFeed(replace(launch(None, tmp_path / "trace.jsonl"), model=slow))
    async with watched(feed) as w:
        await w.until(lambda: feed.loop is not None)
        await w.press("p")
        here.set()
        await w.decision(Pause)
        await w.press("p")
        await w.ended()


async def test_leaving_asks_first_and_then_ends_the_plan(tmp_path):
    async with live(script(root=["x = 1"]), tmp_path, prepare=paused) as w:
        await w.decision(Pause)
        await w.press("q")
        await w.dialog(LineDialog)
        await w.press("escape")
        await w.until(lambda: w.app.screen is w.screen)
        await w.press("ctrl+c")
        await w.dialog(LineDialog)
        await w.press("ctrl+c")
        await w.until(lambda: w.pane.feed.ended)
    assert w.of("plan_finished")[0].stop_reason == "cancelled"


async def test_a_plan_that_cannot_start_says_why(tmp_path):
    (tmp_path / "trace.jsonl").write_text("there already\n")
    async with live(script(root=[]), tmp_path) as w:
        await w.until(lambda: w.pane.feed.problem)
        await w.until(lambda: "is there already" in w.text())
