"""A cell's text as code: magics and undefined calls read, the last expression apart."""

from __future__ import annotations
import __future__

import ast
import inspect
import linecache
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any

from replplan_kernels.inside.repl import Repl
from replplan_kernels.inside.runs import CELL

_FUTURES = [getattr(__future__, name) for name in __future__.all_feature_names]


@dataclass(frozen=True)
class CellCode:
    """A cell, compiled: its statements, then the expression whose value is shown."""

    body: CodeType | None
    value: CodeType | None
    shows: bool

    @property
    def awaits(self) -> bool:
        """Whether it awaits at its top level."""
        codes = [code for code in (self.body, self.value) if code]
        return any(code.co_flags & inspect.CO_COROUTINE for code in codes)

    def run(self, namespace: dict[str, Any]) -> Any:
        """Run a cell that does not await; the value of its last expression, or None."""
        if self.body:
            exec(self.body, namespace)  # noqa: S102 - this is what a kernel is for
        return eval(self.value, namespace) if self.value else None  # noqa: S307

    async def run_awaiting(self, namespace: dict[str, Any]) -> Any:
        """The same for one that does."""
        value = None
        for code in (self.body, self.value):
            if code:
                value = eval(code, namespace)  # noqa: S307
                if code.co_flags & inspect.CO_COROUTINE:
                    value = await value
        return value if self.value else None


Transform = Callable[[str], str]
Rewrite = Callable[[ast.Module, str], ast.Module]


def compile_cell(repl: Repl, text: str, transform: Transform, rewrite: Rewrite) -> CellCode:
    """Read and compile the REPL's next cell, and count it.

    Args:
        repl: whose cell it is.
        text: as it was written.
        transform: makes Python of magics and the like.
        rewrite: makes look-ups of undefined calls, given the tree and its source.

    Raises:
        SyntaxError: it is no Python.
    """
    repl.cells += 1
    file = f"{CELL}{repl.cells} of {repl.number}>"
    _remember(file, text)
    source = transform(text)
    if source.count("\n") != text.count("\n") + (not text.endswith("\n")):
        _remember(file, source)
    tree = ast.parse(source, file)
    last = tree.body[-1] if tree.body else None
    tree = rewrite(tree, source)
    if isinstance(last, ast.Expr):
        tree.body.pop()
    body = _compile(repl, tree, file, "exec") if tree.body else None
    value = None
    if isinstance(last, ast.Expr):
        value = _compile(repl, ast.Expression(last.value), file, "eval")
    return CellCode(body, value, shows=not text.rstrip().endswith(";"))


def _remember(file: str, source: str) -> None:
    lines = [line + "\n" for line in source.splitlines()]
    linecache.cache[file] = (len(source), None, lines, file)


def _compile(repl: Repl, tree: ast.Module | ast.Expression, file: str, mode: str) -> CodeType:
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | repl.flags
    code: CodeType = compile(tree, file, mode, flags, dont_inherit=True)
    for feature in _FUTURES:
        repl.flags |= code.co_flags & feature.compiler_flag
    return code


def title_of(repl: Repl, file: str) -> str | None:
    """What errors shown to this REPL call a file: `cell 3`, or `cell 1 of number 4` for others."""
    if not file.startswith(CELL):
        return None
    number, _, owner = file.removeprefix(CELL).removesuffix(">").partition(" of ")
    own = owner == str(repl.number)
    return f"cell {number}" if own else f"cell {number} of {_owner(repl, owner)}"


def _owner(repl: Repl, number: str) -> str:
    outer = repl.parent
    while outer is not None:
        if str(outer.number) == number:
            return outer.name
        outer = outer.parent
    return f"REPL {number}"
