"""`replplan report` and `replplan compare`: on runs whose results are known."""

from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
from pathlib import Path

import pytest
from browser import opened
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from replplan.cli import main
from replplan.evaluate import EpisodeLine, RunFolder, Study
from replplan.evaluate.statistics import wilson
from replplan.limits import Usage

PLAN = Path(__file__).resolve().parents[2] / "docs" / "examples" / "two-things.jsonl"


@pytest.fixture
def run_of(tmp_path, monkeypatch):
    """Make a run folder: which tasks each method solved."""
    monkeypatch.chdir(tmp_path)

    def make(name, tasks, **solved):
        methods = tuple(m.replace("_", "-") for m in solved)
        names = tuple(f"task-{n}" for n in range(tasks))
        study = Study(domain="alfworld", tasks={"dev": names}, methods=methods, models=("m",))
        with RunFolder.create(tmp_path / name, study) as folder:
            for job in study.jobs():
                number = int(job.task.removeprefix("task-"))
                folder.add(line_of(job, number in solved[job.method.replace("-", "_")], number))
                shutil.copy(PLAN, folder.trace(job))
        return tmp_path / name

    return make


def line_of(job, solved, number, **other):
    return EpisodeLine(
        **{
            "task": job.task,
            "domain": "alfworld",
            "split": job.split,
            "seed": job.seed,
            "model": "m",
            "score": float(solved),
            "solved": solved,
            "answer": None,
            "method": job.method,
            "asked": "m",
            "stop_reason": "world_ended" if solved else "stuck",
            "number": job.number,
            "usage": Usage(turns=number + 1, cost=0.25, input_tokens=1000, sessions=2),
            "kind": ("pick", "heat")[number % 2],
            "trace": f"traces/{job.name}.jsonl",
            "errors": {} if solved else {f"NameError: name 'x{number}' is not defined": 2},
            **other,
        }
    )


@pytest.fixture
def say(monkeypatch, capsys):
    """What a command says, and its exit code."""

    def run(*args):
        monkeypatch.setattr("sys.argv", ["replplan", *map(str, args)])
        with pytest.raises(SystemExit) as left:
            main()
        told = capsys.readouterr()
        return left.value.code, told.out, told.err

    return run


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_wilsons(counts):
    count, of = counts
    theirs = binomtest(count, of).proportion_ci(method="wilson")
    ours = wilson(count, of)
    assert ours.low == pytest.approx(theirs.low, abs=1e-9)
    assert ours.high == pytest.approx(theirs.high, abs=1e-9)


def test_a_report_counts_by_method_kind_reason_and_error(run_of, say):
    run = run_of("both", 10, repl_plan=range(8), react=range(3))
    code, told, _ = say("report", run, "--markdown")
    assert code == 0
    assert "| repl-plan | 8/10 80.0% [49.0%, 94.3%] | 0.800 | 0 |" in told
    assert "| heat | 4/5 80.0% [37.6%, 96.4%] | 1/5 20.0% [3.6%, 62.4%] |" in told
    assert "| stuck | 2 | 7 |" in told
    assert "| NameError: name … is not defined | 4 | 14 |" in told
    assert "| cost of all | $2.50 | $2.50 |" in told
    assert "| sub-REPLs | 1.0 | 1.0 |" in told
    code, told, _ = say("report", run)
    assert "8/10" in told
    figures = json.loads(say("report", run, "--json")[1])
    assert [(f["method"], f["solved"]) for f in figures] == [("repl-plan", 8), ("react", 3)]


def test_what_is_missing_or_damaged_is_told_of_beside_the_report(run_of, say):
    run = run_of("one", 4, code=range(2))
    path = run / "episodes.jsonl"
    first, *rest = path.read_text().splitlines(keepends=True)
    path.write_text(first[:50] + "\n" + "".join(rest)[:-20])
    code, told, warned = say("report", run, "--markdown")
    assert (code, "1/2" in told) == (0, True)
    assert "line 1, is damaged and left out" in warned
    assert "2 of 4 episodes are missing" in warned


def test_the_page_opens_from_disk_with_every_plan_in_it(run_of, say, tmp_path):
    run = run_of("both", 3, repl_plan=range(2), code=range(1))
    page = tmp_path / "page.html"
    assert say("report", run, "--html", page)[0] == 0
    closed = opened(page, tmp_path / "profile")
    assert closed.count("<svg") == 3
    assert closed.count('class="episode"') == 6
    assert "find_and_take" not in closed.split("<body>")[1]
    plan = opened(page, tmp_path / "profile", "#e0-1")
    assert "find_and_take" in plan
    assert "find two spraybottle" in plan
    assert plan.count("data-plan=") == 5


def test_the_page_tells_of_seeds_and_faults_and_of_plans_that_it_leaves_out(
    tmp_path, say, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    study = Study(domain="alfworld", tasks={"dev": ("t",)}, seeds=(1, 2), models=("m",))
    free = Usage(turns=1, input_tokens=1000)
    with RunFolder.create(tmp_path / "run", study) as folder:
        for job in study.jobs():
            folder.add(line_of(job, False, 0, stop_reason="failed", error="gone", usage=free))
            folder.trace(job).write_text("no event\n")
    assert say("report", "run", "--html", "page.html", "--plans", "1")[0] == 0
    page = Path("page.html").read_text()
    assert "seeds 1, 2" in page
    assert "seed 1 · failed" in page
    assert "seed 2 · failed" in page
    assert "The plans of the first 1 episodes can be opened" in page
    assert "tokens an episode (there is no cost)" in page
    (packed,) = re.findall(r'data-plan="([^"]+)"', page)
    assert "line 1 is damaged" in gzip.decompress(base64.b64decode(packed)).decode()


def test_nothing_that_a_run_wrote_is_more_than_text_in_the_page(tmp_path, say, monkeypatch):
    monkeypatch.chdir(tmp_path)
    evil = "</script><script>document.title='owned'</script>"
    study = Study(domain="alfworld", tasks={"dev": (evil,)}, models=("m",))
    with RunFolder.create(tmp_path / "run", study) as folder:
        (job,) = study.jobs()
        folder.add(line_of(job, False, 0, error=evil, kind=evil, trace=None))
    assert say("report", "run", "--html", "page.html")[0] == 0
    document = opened(tmp_path / "page.html", tmp_path / "profile")
    assert "<title>alfworld dev</title>" in document
    assert "&lt;script&gt;document.title" in document


def test_two_arms_are_compared_in_pairs(run_of, say):
    run = run_of("both", 12, repl_plan=range(10), react=[0, 1, 11])
    code, told, _ = say("compare", f"{run}@react", f"{run}@repl-plan", "--json")
    found = json.loads(told)
    assert (code, found["pairs"], found["both"]) == (0, 12, 2)
    assert (found["only_a"], found["only_b"]) == (1, 8)
    assert found["mcnemar_p"] == pytest.approx(0.0390625)  # 2 * (1 + 9) / 2**9
    solved = found["differences"][0]
    assert (solved["a"], solved["b"]) == (3 / 12, 10 / 12)
    assert 0.1 < solved["low"] < 7 / 12 < solved["high"] < 1
    assert [f["task"] for f in found["flipped"] if f["b_has"] == "lost"] == ["task-11"]
    assert all(Path(f["a"]).is_file() and Path(f["b"]).is_file() for f in found["flipped"])
    assert "B alone: repl-plan" in say("compare", f"{run}@react", f"{run}@repl-plan")[1]
    assert (
        "- B lost: task-11" in say("compare", f"{run}@react", f"{run}@repl-plan", "--markdown")[1]
    )


def test_a_cost_that_is_not_known_is_no_cost_of_nothing(tmp_path, say, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = Study(domain="alfworld", tasks={"dev": ("t",)}, methods=("code", "flat"), models=("m",))
    with RunFolder.create(Path("run"), study) as folder:
        for job, cost in zip(study.jobs(), (0.5, None), strict=True):
            folder.add(line_of(job, True, 0, trace=None, usage=Usage(cost=cost, input_tokens=7)))
    assert [arm["cost"] for arm in json.loads(say("report", "run", "--json")[1])] == [0.5, None]
    assert "not known" in say("report", "run")[1]
    assert say("report", "run", "--html", "page.html")[0] == 0
    assert "tokens an episode (not every cost is known)" in Path("page.html").read_text()


def test_an_arm_is_found_by_the_name_that_is_told_whatever_is_in_it(tmp_path, say, monkeypatch):
    monkeypatch.chdir(tmp_path)
    models = ("claude@2026", "@cf/llama")
    study = Study(domain="alfworld", tasks={"dev": ("t",)}, methods=("code", "flat"), models=models)
    with RunFolder.create(Path("r@1"), study) as folder:
        for job in study.jobs():
            folder.add(line_of(job, True, 0, method=job.method, asked=job.model))
    named = say("compare", "r@1", "r@1")[2].partition("name one of ")[2].strip().split(", ")
    assert named == [f"r@1@{method}@{model}" for model in models for method in ("code", "flat")]
    assert say("compare", named[0], named[3])[0] == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("report", "nowhere"), "nowhere is no run folder"),
        (("compare", "nowhere", "both"), "nowhere is no run folder"),
        (("compare", "both", "one"), "both holds several methods or models; name one of both@code@m"),
        (("compare", "both@flat", "one"), "both@flat has no such episodes"),
        (("compare", "one"), "is to be compared with what?"),
        (("compare", "one", "other"), "no task was done in both with the same seed"),
        (("compare", "one", "elsewhere"), "no task was done in both with the same seed"),
        (("report", "none"), "no episode of none is done yet"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_said_in_a_sentence(run_of, say, args, said):
    run_of("both", 1, code=[0], react=[])
    run_of("one", 1, code=[0])
    run_of("none", 0, code=[])
    study = Study(domain="alfworld", tasks={"dev": ("another",)}, methods=("code",), models=("m",))
    with RunFolder.create(Path("other"), study) as folder:
        folder.add(line_of(study.jobs()[0], True, 0))
    study = Study(domain="gym", tasks={"dev": ("task-0",)}, methods=("code",), models=("m",))
    with RunFolder.create(Path("elsewhere"), study) as folder:
        folder.add(line_of(study.jobs()[0], True, 0, domain="gym"))
    code, _, told = say(*args)
    assert code == 2
    assert said in told
