"""`%load_ext replplan`: plans in a user's own notebook.

    %plan which region fell most in March?
    %%plan --vars sales --answer worst
    Which region fell most in March, and by how much?

Nothing here imports IPython: a notebook hands in its shell.
"""

from __future__ import annotations

from typing import Any

from replplan.magic.work import Magics


def register(shell: Any) -> None:
    """Give a shell the magics."""
    magics = Magics(shell)
    shell.register_magic_function(magics.plan, "line_cell", "plan")
    shell.register_magic_function(magics.plan_cells, "line", "plan_cells")
    shell.input_transformers_cleanup.append(keep_questions)


def unregister(shell: Any) -> None:
    """Take them away again."""
    for kind, name in (("line", "plan"), ("cell", "plan"), ("line", "plan_cells")):
        shell.magics_manager.magics[kind].pop(name, None)
    if keep_questions in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(keep_questions)


def keep_questions(lines: list[str]) -> list[str]:
    """Have `%plan` take a goal that ends in a question mark; to IPython that asks for help."""
    if lines and lines[0].startswith("%%"):
        return lines
    return [_called(line) if _asks(line) else line for line in lines]


def _asks(line: str) -> bool:
    return line.startswith("%plan ") and line.rstrip().endswith("?")


def _called(line: str) -> str:
    goal = line.removeprefix("%plan ").strip()
    return f"get_ipython().run_line_magic('plan', {goal!r})\n"
