"""Reading a cell before it runs: calls of names that nobody defined become sub-tasks.

**Which calls.** A *call* of a bare name, `find_mug(x)`, is rewritten to
`__subtask__("find_mug", "find_mug(x)", "the comment above it")(x)` if the cell binds the name
nowhere that Python's own rules would look, and it is no builtin, no name of the namespace, and
not spelled `__like_this__`. So the name is looked up when the call happens. All else stays as
Python has it:

- a name that is only read (`foo`, `map(foo, xs)`, `foo.bar()`, a bare `@foo`) is a `NameError`;
- a name that the cell binds, though after the call or in another branch, is Python's own error;
- a name that a class body binds counts as bound inside its methods: there, a forgotten `self.` is
  a `NameError`, not a sub-task;
- annotations, type parameters and `type` statements say what things are: nothing in them is
  rewritten.

**Which are awaited.** `__subtask__(...).aio(x)` and, for a host function `ask`, `ask.aio(x)`
stand where Python wants an awaitable, so that they run side by side:

- `await foo(x)`, `await ask.map(x)`, `await ask.over(x)`;
- an argument that asyncio awaits: all of `gather`; the first of `create_task`, `ensure_future`,
  `wait_for`, `shield`, `wait`, `as_completed`, `run` and `run_coroutine_threadsafe`. The call
  itself, the elements of a list, tuple, set or comprehension, and the branches of a conditional
  expression are looked at; a variable is not followed. This holds for `asyncio.gather` and for
  what the cell imports from asyncio, anywhere. A method of any other object
  (`group.create_task`), or a bare name from an earlier cell, counts in an `async def` and on the
  top level of a cell that awaits there, `run` and `run_coroutine_threadsafe` excepted.

What `__subtask__` returns is called at once, or its `aio` is. So where it finds a definition, that
too needs an `aio`: one that calls it as it is.
"""

from __future__ import annotations

import ast
import builtins
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from replplan_kernels.inside.scopes import CellScopes, Place, Scope

TEXT_LIMIT = 500
"""Characters that are kept of a call's text, and of its comment."""

_COMMENT_LINES = 20
_METHODS = {"map", "over"}
_AWAITED_KEYWORDS = {"arg", "coro", "coro_or_future", "fs", "fut", "main"}
_WAITERS = {"as_completed", "create_task", "ensure_future", "gather", "shield", "wait", "wait_for"}
_ASYNCIO_WAITERS = _WAITERS | {"run", "run_coroutine_threadsafe"}
_BLANK = re.compile(r"[\s;\\]*(?:#.*)?")
_WHOLE_LINE_COMMENT = re.compile(r"\s*(#.*)")


def rewrite(
    tree: ast.Module, source: str, known: Callable[[str], bool], awaitable: Callable[[str], bool]
) -> ast.Module:
    """Rewrite the sub-tasks of a cell in place; see the module for which calls these are.

    Args:
        tree: the cell, parsed.
        source: its text, for the text and comment of a call. Where it is not what the tree was
            parsed from, the text is put together from the tree.
        known: whether the namespace has a name now.
        awaitable: whether a name is a function with an `aio` of its own.

    Returns:
        The same tree, its locations kept, so that tracebacks show the code as written.
    """
    calls = list(_Reading(tree, known, awaitable).calls_to_rewrite())
    written = _Written(source, tree)
    texts = [written.text_and_comment(found) if found.subtask else None for found in calls]
    for found, text in zip(calls, texts, strict=True):
        func = found.call.func
        if text is not None:
            words = [_at(func, ast.Constant(word)) for word in (found.name, *text)]
            func = _at(func, ast.Call(_at(func, ast.Name("__subtask__", ast.Load())), words, []))
        if found.awaited:
            func = _at(func, ast.Attribute(func, "aio", ast.Load()))
        found.call.func = func
    return tree


def _at(place: ast.expr, node: ast.expr) -> ast.expr:
    return ast.copy_location(node, place)


class _Found(NamedTuple):
    """A call to rewrite: its name as Python looks it up, and what it is."""

    call: ast.Call
    name: str
    statement: ast.stmt | None
    subtask: bool
    awaited: bool


class _Reading:
    """Decides which calls of a cell to rewrite."""

    def __init__(
        self, tree: ast.Module, known: Callable[[str], bool], awaitable: Callable[[str], bool]
    ) -> None:
        self.scopes, self.known, self.awaitable = CellScopes(tree), known, awaitable
        self.awaited = set(_calls_in(self.scopes.awaited))
        for call, place in self.scopes.calls:
            self.awaited.update(_calls_in(self.arguments_awaited_by(call, place.scope)))

    def calls_to_rewrite(self) -> Iterator[_Found]:
        for call, place in self.scopes.calls:
            awaited = call in self.awaited
            match call.func:
                case ast.Name(written):
                    name = place.scope.mangle(written)
                    subtask = self.unbound(name, place)
                    if subtask or (awaited and self.host_function(name, place.scope)):
                        yield _Found(call, name, place.statement, subtask, awaited)
                case ast.Attribute(ast.Name(name), method) if awaited and method in _METHODS:
                    if self.host_function(name, place.scope):
                        yield _Found(call, name, place.statement, False, True)

    def unbound(self, name: str, place: Place) -> bool:
        python_own = name.startswith("__") and name.endswith("__")
        bound = python_own or place.scope.sees(name) or hasattr(builtins, name)
        return not bound and not self.known(name)

    def host_function(self, name: str, scope: Scope) -> bool:
        return not scope.sees(name) and self.awaitable(name)

    def arguments_awaited_by(self, call: ast.Call, scope: Scope) -> list[ast.expr]:
        """The arguments that asyncio awaits; none where the call is not one of asyncio's."""
        waiter = self.waiter(call.func, scope)
        if not waiter:
            return []
        positional = call.args if waiter == "gather" else call.args[:1]
        return positional + [k.value for k in call.keywords if k.arg in _AWAITED_KEYWORDS]

    def waiter(self, func: ast.expr, scope: Scope) -> str | None:
        """Which of asyncio's functions this is, by the name it has there."""
        match func:
            case ast.Name(id=name) if name in self.scopes.asyncio_functions:
                original = self.scopes.asyncio_functions[name]
                return original if original in _ASYNCIO_WAITERS else None
            case ast.Attribute(ast.Name(base), name) if base in self.scopes.asyncio_names:
                return name if name in _ASYNCIO_WAITERS else None
            case ast.Attribute(attr=name) if name in _WAITERS and scope.may_await():
                return name
            case ast.Name(id=name) if name in _WAITERS and scope.may_await():
                own = scope.sees(name) or self.awaitable(name)
                return name if self.known(name) and not own else None
        return None


def _calls_in(nodes: Iterable[ast.expr]) -> Iterator[ast.Call]:
    """The calls that these expressions have as their value or as their elements."""
    todo = list(nodes)
    while todo:
        match todo.pop():
            case ast.Call() as call:
                yield call
            case ast.Starred(value=value) | ast.NamedExpr(value=value):
                todo.append(value)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                todo.extend(parts)
            case ast.ListComp(elt=part) | ast.SetComp(elt=part) | ast.GeneratorExp(elt=part):
                todo.append(part)
            case ast.IfExp(body=body, orelse=orelse):
                todo.extend([body, orelse])


class _Written:
    """The text of a cell as it was written. Rows count from 0."""

    def __init__(self, source: str, tree: ast.Module) -> None:
        self.rows, self.tree = re.split(r"\r\n|\r|\n", source), tree

    def text_and_comment(self, found: _Found) -> tuple[str, str]:
        text = self.between(*_extent(found.call)) if self.fits else ""
        assert isinstance(found.call.func, ast.Name)  # as of every sub-task
        if not (text.startswith(found.call.func.id) and text.endswith(")")):
            return _cut(_unparsed(found)), self.comment(found.statement)
        return _cut(text), self.comment(found.statement, found.call)

    @cached_property
    def fits(self) -> bool:
        """Whether the tree was parsed from this: nothing but its statements stands here."""
        at, statements = (0, 0), [_extent(statement) for statement in self.tree.body]
        for start, end in [*statements, ((len(self.rows), 0), (0, 0))]:
            gap = self.between(at, start).split("\n")
            if end[0] >= len(self.rows) or not all(map(_BLANK.fullmatch, gap)):
                return False
            at = end
        return True

    def between(self, start: tuple[int, int], end: tuple[int, int]) -> str:
        """The text from one row and byte to another."""
        (first, begin), (last, stop) = start, end
        if first >= len(self.rows):
            return ""
        if first == last:
            return self.rows[first][self.column(first, begin) : self.column(first, stop)]
        rows = [self.rows[first][self.column(first, begin) :], *self.rows[first + 1 : last]]
        if last < len(self.rows):
            rows.append(self.rows[last][: self.column(last, stop)])
        return "\n".join(rows)

    def column(self, row: int, offset: int) -> int:
        """Where the byte that the parser counts to is, in characters."""
        line = self.rows[row]
        return offset if line.isascii() else len(line.encode()[:offset].decode(errors="ignore"))

    def comment(self, statement: ast.stmt | None, call: ast.Call | None = None) -> str:
        """The lines above the call or else its statement, and what follows on the call's line."""
        if statement is None or not self.fits:
            return ""
        (first, _), _ = _extent(statement)
        (begin, _), (end, _) = _extent(call) if call else _extent(statement)
        lines = (self.above(begin) if call else []) or self.above(first)
        lines += (self.after(begin) or self.after(end)) if call else []
        return _cut("\n".join(line.lstrip("#").strip() for line in lines).strip())

    def above(self, row: int) -> list[str]:
        lines = list[str]()
        while len(lines) < _COMMENT_LINES and self.comments.get(row - 1, (False, ""))[0]:
            row -= 1
            lines.insert(0, self.comments[row][1])
        return lines

    def after(self, row: int) -> list[str]:
        alone, text = self.comments.get(row, (True, ""))
        return [] if alone else [text]

    @cached_property
    def comments(self) -> dict[int, tuple[bool, str]]:
        """The comments by row, and whether they have the row to themselves."""
        found, row = dict[int, tuple[bool, str]](), -1
        lines = (line + "\n" for line in self.rows)
        try:
            for token in tokenize.generate_tokens(lambda: next(lines, "")):
                row = token.end[0] - 1
                if token.type == tokenize.COMMENT:
                    alone = not token.line[: token.start[1]].strip()
                    found[row] = (alone, token.string)
        except (tokenize.TokenError, SyntaxError):  # magics: from here on, line by line
            for later in range(row + 1, len(self.rows)):
                if match := _WHOLE_LINE_COMMENT.fullmatch(self.rows[later]):
                    found[later] = (True, match[1])
        return found


def _extent(node: ast.stmt | ast.expr) -> tuple[tuple[int, int], tuple[int, int]]:
    """From which row and byte to which a node goes, decorators included."""
    end = ((node.end_lineno or node.lineno) - 1, node.end_col_offset or 0)
    if decorators := getattr(node, "decorator_list", None):
        return (min(d.lineno for d in decorators) - 1, 0), end
    return (node.lineno - 1, node.col_offset), end


def _unparsed(found: _Found) -> str:
    try:
        return ast.unparse(found.call)
    except RecursionError:
        return f"{found.name}(...)"


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 3] + "..."
