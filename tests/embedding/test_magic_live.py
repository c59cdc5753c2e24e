"""`%plan` with somebody at the notebook: who says yes, and who interrupts."""

from __future__ import annotations

import pytest
from jupyter_client.manager import start_new_kernel
from notebook_runs import BEGIN

pytestmark = pytest.mark.slow
ENDLESS = "m = script(root=['rows.append(2)', 'while True:\\n    len(rows)', 'answer(1)'])"


@pytest.fixture
def notebook(tmp_path):
    """A function that runs a cell, and tells what came of it."""
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(tmp_path))
    shown = []

    def run(code, interrupt_at=None, says=None):
        shown.clear()
        until = [interrupt_at] if interrupt_at else []

        def on_output(message):
            content = message["content"]
            text = content.get("text") or content.get("data", {}).get("text/plain", "")
            shown.append(text or content.get("ename", ""))
            if until and until[0] in text:
                until.clear()  # it may be shown again
                manager.interrupt_kernel()

        reply = client.execute_interactive(
            code,
            output_hook=on_output,
            stdin_hook=lambda message: client.input(says),
            allow_stdin=says is not None,
            timeout=60,
        )
        return reply["content"].get("ename", "ok"), "\n".join(shown).strip()

    run(BEGIN)
    yield run
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.mark.parametrize("how", ["", "--here --yes"])
def test_an_interrupt_ends_the_plan_and_keeps_the_notebook(notebook, how):
    notebook(f"rows = [1]\n{ENDLESS}")
    status, _ = notebook(f"%plan {how} --model m work for ever", interrupt_at="while True")
    assert status == "KeyboardInterrupt"
    status, shown = notebook("print(rows, len(m.requests))")
    assert (status, shown) == ("ok", f"{[1, 2] if how else [1]} 2")
    notebook("m = script(root=['answer(7)'])")
    assert notebook(f"%plan {how} --model m again")[1].endswith("7")


@pytest.mark.parametrize(("says", "shown"), [("yes", "5"), ("no", "replplan: nothing was run")])
def test_a_plan_works_in_the_notebook_after_a_yes(notebook, says, shown):
    notebook("m = script(root=['answer(5)'])")
    assert notebook("%plan --here --model m a goal", says=says)[1].endswith(shown)
