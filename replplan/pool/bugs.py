"""Bugs put into demonstrations on purpose: an ablation of the paper's.

A model that repeats what it was shown meets an error and has to repair it. The paper does not say
which bugs it put in. Ours are the ones that people make: a misspelt name, a wrong index, a lost
import. There is one in each demonstration, always the same one; the outputs that it shows stay.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from replplan.pool.notebook import Demonstration, Turn


@dataclass(frozen=True)
class Bug:
    """A change of one place of a cell's text.

    Attributes:
        turn: the number of the cell, from 0.
        start: where the place begins, in characters.
        old: what stands there.
        new: what stands there then.
    """

    turn: int
    start: int
    old: str
    new: str

    def fits(self, turns: tuple[Turn, ...]) -> bool:
        """Whether the place is right: in an f-string, older Pythons tell wrong ones."""
        return turns[self.turn][0].startswith(self.old, self.start)


def with_bug(demonstration: Demonstration) -> Demonstration:
    """The same demonstration with a bug in its code; as it is, where there is no place for one."""
    turns = demonstration.turns
    kinds = [kind(demonstration) for kind in (_misspelt, _misindexed, _unimported)]
    possible = [fitting for bugs in kinds if (fitting := [b for b in bugs if b.fits(turns)])]
    if not possible:
        return demonstration
    text = "\n".join(code for code, _ in turns)
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
    bugs = possible[number % len(possible)]
    return _changed(demonstration, bugs[number // len(possible) % len(bugs)])


def _changed(demonstration: Demonstration, bug: Bug) -> Demonstration:
    turns = list(demonstration.turns)
    code, result = turns[bug.turn]
    turns[bug.turn] = (code[: bug.start] + bug.new + code[bug.start + len(bug.old) :], result)
    return replace(demonstration, turns=tuple(turns))


def _misspelt(demonstration: Demonstration) -> Iterator[Bug]:
    """A variable of its own, misspelt where it is read."""
    own = {
        node.id
        for _, node in _nodes(demonstration.turns)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    for place, node in _nodes(demonstration.turns):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in own:
            name = node.id[:-1] if node.id.endswith("s") else node.id + "s"
            if name.isidentifier() and name not in own:
                yield place(node, node.id, name)


def _misindexed(demonstration: Demonstration) -> Iterator[Bug]:
    """A first element taken for the second."""
    for place, node in _nodes(demonstration.turns):
        match node:
            case ast.Subscript(slice=ast.Constant(value=0) as index):
                yield place(index, "0", "1")


def _unimported(demonstration: Demonstration) -> Iterator[Bug]:
    """An import that is not there."""
    for place, node in _nodes(demonstration.turns):
        if isinstance(node, ast.Import):
            yield place(node, ast.unparse(node), "pass")


Place = Callable[[ast.expr | ast.stmt, str, str], Bug]
"""Makes the bug of a node: what stands there, and what is to."""


def _nodes(turns: tuple[Turn, ...]) -> Iterator[tuple[Place, ast.AST]]:
    """What the cells are made of, each with what makes a bug of it. What is no Python is none."""
    for number, (code, _) in enumerate(turns):
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError, RecursionError):
            continue
        for node in ast.walk(tree):
            yield _placing(number, code), node


def _placing(turn: int, code: str) -> Place:
    lines = code.splitlines(keepends=True)

    def place(node: ast.expr | ast.stmt, old: str, new: str) -> Bug:
        return Bug(turn, _at(lines, node.lineno, node.col_offset), old, new)

    return place


def _at(lines: list[str], line: int, column: int) -> int:
    """The place in the text, in characters; the parser counts columns in bytes."""
    before = sum(map(len, lines[: line - 1]))
    return before + len(lines[line - 1].encode()[:column].decode())
