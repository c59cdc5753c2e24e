"""What a model is shown, beside an error or a refusal itself, so that it can do better."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from replplan.cell import CellResult
from replplan.prompt import say

if TYPE_CHECKING:
    from replplan.switches import Hints
    from replplan.tree import Tree

COMMANDS = 5
"""How many admissible actions are named at most."""

_COMMAND_LIMIT = 200


def repair_text(tree: Tree, session: str, result: CellResult) -> str:
    """What helps to repair a cell that has just ended, as far as the method's switches allow."""
    hints, refused = _hints(tree), tree.refused.pop(session, None)
    texts = []
    if hints != "none" and result.error and result.error.hint:
        texts.append(say("hint", hint=result.error.hint))
    if hints == "all" and refused is not None and (near := admissible_near(tree, refused)):
        commands = ", ".join(f"`{command}`" for command in near)
        texts.append(say("refused", action=refused[:_COMMAND_LIMIT], commands=commands))
    return "\n".join(texts)


def _hints(tree: Tree) -> Hints:
    return tree.planner.switches.hints or ("errors" if tree.model.taught else "all")


def admissible_near(tree: Tree, action: str) -> list[str]:
    """Of the actions that the world allows now, by its own account, those like this one."""
    listed = tree.last.info.get("admissible") if tree.last else None
    if not isinstance(listed, list):
        return []
    possible = [c for c in listed if isinstance(c, str) and len(c) <= _COMMAND_LIMIT]
    return get_close_matches(action[:_COMMAND_LIMIT], possible, COMMANDS, cutoff=0.0)
