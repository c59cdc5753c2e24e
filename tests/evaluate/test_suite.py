"""`replplan eval --suite quick`: every world that is installed, a few tasks of each."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import ClassVar

import pytest
from endpoint import Hang, Refused
from players import evaluate, lines

from replplan.cli import suite
from replplan.errors import ConfigError
from replplan.extras import Need
from replplan.plugins import domain_names
from replplan_domains.pddl import PDDL
from replplan_domains.tables import Tables


def knows(body):
    """Solves the first question over tables, and no problem in PDDL."""
    text = str([m["content"] for m in body["messages"]])
    first = Tables().tasks("dev")[0]
    answer = Tables().gold_answer(first).value if first.goal.splitlines()[0] in text else -1
    return f"```python\nanswer({answer!r})\n```"


def test_worlds_are_played_one_after_the_other(endpoint, tmp_path):
    endpoint.script(knows, Refused(400, "no such thing"), knows, knows)
    worlds = ("--suite", "quick", "tables, pddl", "--limit", 2)
    args = (*worlds, "--model", endpoint.model, "--out", "runs", "--json")
    done = evaluate(tmp_path, endpoint, *args)
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    tables, pddl = said["worlds"]
    assert (said["run"], said["absent"], said["not_begun"]) == ("runs", [], [])
    assert (tables["domain"], tables["tasks"], tables["done"]) == ("tables", 2, 2)
    assert (tables["solved"], tables["score"]) == (1, 0.5)
    assert tables["reasons"] == {"answered": 1, "failed": 1}
    assert "no such thing" in tables["fault"]
    assert (pddl["domain"], pddl["solved"], pddl["score"], pddl["fault"]) == ("pddl", 0, 0, "")
    assert (pddl["reasons"], pddl["turns"]) == ({"answered": 2}, 1)
    study = json.loads((tmp_path / "runs" / "pddl" / "run.json").read_text())["study"]
    assert study["limits"]["turns"] == 12
    assert 0 < study["limits"]["seconds"] * 2 < 540
    assert study["tasks"] == {"dev": [t.id for t in PDDL().tasks("dev")[:2]]}


def test_the_table_has_a_row_for_each_world_and_says_what_broke(capsys, tmp_path):
    good = suite.World("pddl", 3, 3, 2, 0.6, 4.5, 7.25, {"world_ended": 2, "stuck": 1})
    late = suite.World("tables", 3, 1, 0, None, None, None, {}, "the run has taken 50 s")
    assert (good.good, late.good) == (True, False)
    played = suite.SuiteResult([good, late], ["webshop"], ["x is left out: y"], 61.2)
    suite._print(played, tmp_path, {"json": False})
    said = capsys.readouterr().out.splitlines()
    assert said[2].split() == [
        "pddl",
        "3/3",
        "2",
        "0.60",
        "4.5",
        "7.2",
        *["world_ended", "2,", "stuck", "1"],
    ]
    assert said[3].split() == ["tables", "1/3", "0"]
    assert said[4:8] == [
        "tables: the run has taken 50 s",
        "webshop: not begun",
        "x is left out: y",
        "1 of 3 worlds played through, in 61 s.",
    ]
    assert said[-1] == f"more: replplan report {tmp_path}/*"


def test_what_kept_all_worlds_from_being_played_is_said_once(capsys):
    worlds = [suite.World(name, 3, fault="no model") for name in ("pddl", "tables")]
    suite._print(suite.SuiteResult(worlds, [], [], 1), Path("runs/none"), {"json": False})
    said = capsys.readouterr().out
    assert "pddl, tables: no model\n0 of 2 worlds played through, in 1.0 s.\n" in said
    assert "replplan report" not in said


def test_a_suite_that_is_broken_off_says_what_it_did_not_come_to(start, endpoint, tmp_path):
    endpoint.script(knows, Hang())
    worlds = ("--suite", "quick", "tables,pddl,longtext", "--limit", 2)
    run = start(tmp_path, endpoint, *worlds, "--model", endpoint.model, "--out", "runs")
    endpoint.wait_for(2)
    run.send_signal(signal.SIGINT)
    heard = []
    for line in run.stdout:
        heard.append(line)
        if "Ctrl-C again" in line:
            run.send_signal(signal.SIGINT)
    said = "".join(heard)
    run.wait(300)
    assert run.returncode == 130
    row = next(line for line in said.splitlines() if line.startswith("tables  "))
    assert row.split()[1:3] == ["1/2", "1"]
    for words in ("1 of 3: tables, 2 tasks", "tables: interrupted", "pddl: not begun",
                  "longtext: not begun", "0 of 3 worlds played through"):  # fmt: skip
        assert words in said
    assert len(lines(tmp_path / "runs" / "tables")) == 1


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--resume", "x"), "leave out --resume"),
        (("--split", "dev"), "leave out --split"),
        (("pddl", "--world=blocks"), "leave out --world"),
        (("nowhere",), "there is no domain 'nowhere'"),
    ],
)
def test_what_makes_no_sense_for_many_worlds_is_refused(endpoint, tmp_path, args, says):
    done = evaluate(tmp_path, endpoint, "--suite", "quick", *args)
    assert done.returncode == 2
    assert says in done.stderr


class Elsewhere(Tables):
    needs: ClassVar[tuple[Need, ...]] = (Need("such-a-program", "program", "apt install it"),)


def test_a_world_that_lacks_something_is_left_out_unless_it_was_asked_for(monkeypatch):
    import replplan.plugins

    here, absent = suite._choose(None)
    assert {"tables", "pddl", "longtext"} <= {*here} <= {*domain_names()} - {"notebook"}
    known = replplan.plugins.domain_class
    monkeypatch.setattr(
        replplan.plugins, "domain_class", lambda n: Elsewhere if n == "tables" else known(n)
    )
    here, absent = suite._choose(None)
    assert "tables" not in here
    assert "tables is left out: such-a-program is not installed: apt install it" in absent
    with pytest.raises(ConfigError, match="such-a-program is not installed"):
        suite._choose("tables")
