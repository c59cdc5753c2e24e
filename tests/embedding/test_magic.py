"""`%plan` and `%%plan` in a real notebook."""

from __future__ import annotations

import subprocess
import sys

import pytest
from notebook_runs import BEGIN, run_notebook

pytestmark = pytest.mark.slow


def test_a_plan_with_the_notebooks_variables(tmp_path):
    ran = run_notebook(
        tmp_path,
        "import math, threading\nrows = [3, 4]\nname = 'fig'\nlock = threading.Lock()\n"
        "class Own: pass\nown = Own()\nholds = [own]\n"
        "m = script(root=['rows.append(len(name))', 'no_such', 'print(\"<b>\")\\nanswer(sum(rows))'])",
        "%plan --model m what's the sum?",
        "answer, rows, plan_result.stop_reason, 'replplan' in __name__",
        "plan_cells",
        "%plan_cells all",
        "%plan_cells 9",
        "print(m.requests[0].messages[0].content)\nprint(m.requests[0].messages[-1].content)",
    )
    shown = ran.text(2)
    assert "replplan works in a kernel of its own, with rows, name" in shown
    assert shown.endswith("10")
    assert "<details>" in ran.html(2)
    assert "&lt;b&gt;" in ran.html(2)
    assert "<b>" not in ran.html(2)
    assert ran.text(3) == "(10, [3, 4], 'answered', False)"
    assert "# [2] raised an error\nno_such" in ran.text(4)
    assert "which of 1 to 3, or all?" in ran.text(6)
    told = ran.text(7)
    assert "- rows: list of 2, [3, 4]" in told
    assert "- own:" not in told
    assert "- holds:" not in told
    assert told.rstrip().endswith("what's the sum?")


def test_what_is_handed_over_and_called_is_said(tmp_path):
    (tmp_path / "a.txt").write_text("seven")
    ran = run_notebook(
        tmp_path,
        "x, y = 1, 2\nimport os\n"
        "def here() -> int:\n    'The number of the process.'\n    return os.getpid()\n"
        'm = script(root=[\'answer([x, "y" in globals(), here(), open("a.txt").read()])\'])',
        "%%plan --model m --vars x --tools here --file a.txt --answer found --turns 5\n"
        "Find\nall of it.",
        "found == [1, False, os.getpid(), 'seven'], plan_result.usage.turns",
        "%plan --vars nowhere --model m a goal",
        "%plan --model m",
        "%plan --modle m a goal",
        "%plan --help",
        "m = script(root=['1'])",
        "%plan --model m --answer found --turns 1 once more",
        "found is None, plan_result.stop_reason",
    )
    assert ran.text(3) == "(True, 1)"
    assert ran.text(10) == "(True, 'limit:turns')"
    assert ran.text(4) == "replplan: this notebook has no variable 'nowhere'\n"
    assert "a plan needs a goal" in ran.text(5)
    assert "--modle" in ran.text(6)
    assert "Traceback" not in ran.text(6)
    assert "--here" in ran.text(7)


def test_a_plan_in_the_notebook_itself(tmp_path):
    ran = run_notebook(
        tmp_path,
        "from replplan import tool\nrows, ask = [1], 'mine'\n"
        "@tool(in_kernel=True)\ndef twice(x): return [x, x]\n"
        "m = script(root=['rows.append(2)\\nprint(\"in the plan\")\\nmade = child(rows)', "
        "'1/0', 'import asyncio\\nawait asyncio.sleep(0)\\nassert twice(rows)[1] is rows\\nanswer(made)'], "
        "child=['get_args()[0].append(3)\\nanswer(len(get_args()[0]))'])",
        "%plan --here --model m work here",
        "%plan --here --yes --model m --tools twice work here",
        "answer, rows, made, ask, 'get_args' in globals(), 'subtask' in globals()",
        "print('still printed'); 1 + 1",
        "print(m.requests[0].messages[0].content)\n[r.messages[-1].content for r in m.requests]",
    )
    assert "say --here --yes" in ran.text(2)
    assert "replplan works in this notebook" in ran.text(3)
    assert ran.text(4) == "(3, [1, 2, 3], 3, 'mine', False, False)"
    assert ran.text(5) == "still printed\n\n2"
    assert "- rows: list" in ran.text(6)
    assert "in the plan" in ran.text(6)
    assert "ZeroDivisionError" in ran.text(6)


def test_cells_in_the_notebook_have_their_time_limit(tmp_path):
    endless = "'while True: pass', 'import time; time.sleep(100)', 'import asyncio; await asyncio.sleep(100)'"
    ran = run_notebook(
        tmp_path,
        "import replplan.magic.work as work, replplan, signal\n"
        "work.Limits = lambda **given: replplan.Limits(cell_seconds=1, **given)\n"
        f"m = script(root=['x = 1', {endless}, 'answer(x)'])",
        "%plan --here --yes --model m wait",
        "answer, plan_cells.good, signal.getsignal(signal.SIGINT) is signal.default_int_handler",
        "[r.messages[-1].content.splitlines()[-1] for r in m.requests[2:]]",
    )
    assert ran.text(3) == "(1, [1, 5], True)"
    assert ran.text(4).count("KeyboardInterrupt: stopped after 1 s, its time limit") == 3


def test_a_terminal_is_shown_the_end_alone(tmp_path):
    path = tmp_path / "session.ipy"
    path.write_text(
        f"{BEGIN}\nm = script(root=['x = 4', 'answer(x)'])\n%plan --model m count them\nprint(answer)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", str(path)],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.stdout.count("replplan works in a kernel of its own") == 1, done.stderr
    assert "answer: 4" in done.stdout
    assert done.stdout.rstrip().endswith("4")
