"""What a run says of itself while it is under way."""

from __future__ import annotations

import io

import pytest

from replplan.console.progress import PlainRunView, view_of_run
from replplan.evaluate import EpisodeLine, RunFolder, Status, Study
from replplan.limits import Usage


@pytest.fixture
def folder(tmp_path):
    study = Study(domain="notebook", tasks={"goal": tuple("abcd")}, models=("m",))
    with RunFolder.create(tmp_path / "run", study) as made:
        yield made


def line_of(job, solved, cost=0.5):
    return EpisodeLine(
        task=job.task, domain="notebook", split="goal", seed=0, model="m", score=None,
        solved=solved, answer=None, stop_reason="answered", number=job.number, method=job.method,
        asked="m", usage=Usage(turns=3, input_tokens=900, output_tokens=100, cost=cost, seconds=7),
    )  # fmt: skip


def test_the_board_projects_cost_and_time_from_what_is_done(folder):
    view = view_of_run(io.StringIO(), quiet=True)
    board, jobs = view.board, folder.study.jobs()
    now = [100.0]
    board.clock = lambda: now[0]
    folder.add(line_of(jobs[0], True))
    view.begins(folder, 2)
    assert (board.done, board.before, board.seconds_left) == (1, 1, None)
    view.started(jobs[1])
    view.started(jobs[2])
    view.status(jobs[2], Status(doing="cell", turns=2, tokens=500, cost=0.25))
    now[0] += 10
    view.finished(line_of(jobs[1], False))
    assert (board.done, board.solved, len(board.running)) == (2, 1, 1)
    assert board.cost_so_far == 1.25
    assert board.cost_projected == 2.0
    assert board.tokens_a_second == 150
    assert board.seconds_left == 20
    view.left(jobs[2])
    assert board.cost_so_far == 1.0
    view.finished(line_of(jobs[3], True, cost=None))
    assert board.cost_so_far is None


def test_a_log_has_a_line_for_each_end(folder):
    stream = io.StringIO()
    view = PlainRunView(stream)
    jobs = folder.study.jobs()
    view.begins(folder, 2)
    view.started(jobs[0])
    view.finished(line_of(jobs[0], None))
    view.says("the disk\nis full")
    first, second, third = stream.getvalue().splitlines()
    assert first.startswith("notebook goal · repl-plan · m · 4 episodes · 2 at once -> ")
    assert second.startswith(
        "1/4 a repl-plan m seed 0: solved, 3 turns, 7.0 s | solved 1/1: 100.0%"
    )
    assert second.endswith("cost $0.50, about $2.00 in all")
    assert third == "the disk is full"


def test_a_stream_that_breaks_ends_the_view_and_not_the_run(folder):
    stream = io.StringIO()
    view = PlainRunView(stream)
    stream.close()
    view.begins(folder, 1)
    view.finished(line_of(folder.study.jobs()[0], True))
    assert view.board.done == 1
