"""The scopes of a cell: which names it binds where, by Python's own rules, and what it calls."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple


class Scope:
    """A block of names: what it binds, and what it declares to be the module's."""

    def __init__(self, kind: str, parent: Scope | None = None, private: str = "") -> None:
        self.kind, self.parent = kind, parent
        self.root: Scope = parent.root if parent else self
        self.private: str = private or (parent.private if parent else "")
        self.bound, self.globals = set[str](), set[str]()
        self.waits = False

    def mangle(self, name: str) -> str:
        """The name as Python stores it: `__x` in a class A is `_A__x`."""
        if not self.private or not name.startswith("__") or name.endswith("__"):
            return name
        return f"_{self.private}{name}"

    def bind(self, name: str) -> None:
        """Note that this block binds the name, as it is written there."""
        self.bound.add(self.mangle(name))

    def without_comprehensions(self) -> Scope:
        """The block that comprehensions stand in: there `:=` binds."""
        scope = self
        while scope.kind == "comprehension" and scope.parent:
            scope = scope.parent
        return scope

    def sees(self, name: str) -> bool:
        """Whether the cell binds a mangled name, seen from here; class bodies are seen too."""
        scope = self
        while scope.parent is not None:
            if name in scope.bound:
                return True
            if name in scope.globals and (scope is self or scope.kind != "class"):
                break
            scope = scope.parent
        return name in self.root.bound

    def may_await(self) -> bool:
        """Whether this is an `async def`, or the top level of a cell that awaits there."""
        scope = self
        while scope.kind in ("comprehension", "lambda") and scope.parent:
            scope = scope.parent
        return scope.waits


class Place(NamedTuple):
    """Where a node is; `quiet` in annotations, whose calls are left alone."""

    scope: Scope
    statement: ast.stmt | None = None
    quiet: bool = False


class CellScopes:
    """What a cell binds and calls, found in one walk that does not recurse.

    Attributes:
        calls: all calls, annotations excepted.
        awaited: what stands behind `await`.
        asyncio_names: the names of the module asyncio.
        asyncio_functions: names imported from it, with what they are called there.
    """

    def __init__(self, tree: ast.AST) -> None:
        self.calls: list[tuple[ast.Call, Place]] = []
        self.awaited: list[ast.expr] = []
        self.asyncio_names, self.asyncio_functions = {"asyncio"}, dict[str, str]()
        self._scopes = [Scope("module")]
        self._todo: list[tuple[ast.AST, Place]] = [(tree, Place(self._scopes[0]))]
        self._walk()
        self._settle_declarations()

    def _walk(self) -> None:
        while self._todo:
            node, place = self._todo.pop()
            if isinstance(node, ast.stmt):
                place = Place(place.scope, node)
            reader = _READERS.get(type(node).__name__, CellScopes.read_children)
            reader(self, node, place)

    def _settle_declarations(self) -> None:
        module, *others = self._scopes
        for scope in others:
            module.bound |= scope.bound & scope.globals

    def _push(self, nodes: Iterable[ast.AST | None], place: Place) -> None:
        self._todo.extend((node, place) for node in nodes if node is not None)

    def _enter(self, kind: str, place: Place, private: str = "") -> Place:
        self._scopes.append(Scope(kind, place.scope, private))
        return place._replace(scope=self._scopes[-1])

    def _enter_type_parameters(self, node: Any, place: Place) -> Place:
        parameters = getattr(node, "type_params", [])
        if not parameters:
            return place
        inside = self._enter("type parameters", place)
        for parameter in parameters:
            inside.scope.bind(parameter.name)
        return inside

    def read_children(self, node: ast.AST, place: Place) -> None:
        """Any node that is nothing special."""
        self._push(ast.iter_child_nodes(node), place)

    def read_name(self, node: ast.Name, place: Place) -> None:
        """A name: bound if it is assigned or deleted."""
        if not isinstance(node.ctx, ast.Load):
            place.scope.bind(node.id)

    def read_walrus(self, node: ast.NamedExpr, place: Place) -> None:
        """`name := value`, which binds outside comprehensions."""
        place.scope.without_comprehensions().bind(node.target.id)
        self._push([node.value], place)

    def read_capture(self, node: Any, place: Place) -> None:
        """`except ... as name`, and the captures of `match`."""
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        if name is not None:
            place.scope.bind(name)
        self.read_children(node, place)

    def read_import(self, node: ast.Import, place: Place) -> None:
        """`import a.b`, `import a as b`."""
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            place.scope.bind(bound)
            if alias.name == "asyncio":
                self.asyncio_names.add(bound)

    def read_import_from(self, node: ast.ImportFrom, place: Place) -> None:
        """`from a import b`. A star may bind anything: that is seen when the call happens."""
        for alias in node.names:
            bound = alias.asname or alias.name
            place.scope.bind(bound)
            if node.module == "asyncio":
                self.asyncio_functions[bound] = alias.name

    def read_global(self, node: ast.Global, place: Place) -> None:
        """`global name`. After `nonlocal name`, a block outside binds the name too: all is seen."""
        place.scope.globals.update(map(place.scope.mangle, node.names))

    def read_annotated(self, node: ast.AnnAssign, place: Place) -> None:
        """`name: type = value`; `(name): type` alone binds nothing."""
        if node.value or node.simple or not isinstance(node.target, ast.Name):
            self._push([node.target, node.value], place)
        self._push([node.annotation], place._replace(quiet=True))

    def read_type_alias(self, node: Any, place: Place) -> None:
        """`type name = ...`."""
        place.scope.bind(node.name.id)

    def read_call(self, node: ast.Call, place: Place) -> None:
        """A call."""
        if not place.quiet:
            self.calls.append((node, place))
        self.read_children(node, place)

    def read_await(self, node: ast.Await, place: Place) -> None:
        """`await value`."""
        self.awaited.append(node.value)
        self.read_waiting(node, place)

    def read_waiting(self, node: ast.AST, place: Place) -> None:
        """Whatever can stand only where one may await."""
        place.scope.without_comprehensions().waits = True
        self.read_children(node, place)

    def read_function(self, node: Any, place: Place) -> None:
        """`def` and `async def`: decorators and defaults belong to the scope outside."""
        place.scope.bind(node.name)
        self._push(node.decorator_list, place)
        outside = self._enter_type_parameters(node, place)
        self._push([node.returns], outside._replace(quiet=True))
        inside = self._enter("function", outside)
        self._read_parameters(node.args, place, inside)
        inside.scope.waits = isinstance(node, ast.AsyncFunctionDef)
        self._push(node.body, inside)

    def read_lambda(self, node: ast.Lambda, place: Place) -> None:
        """`lambda`."""
        inside = self._enter("lambda", place)
        self._read_parameters(node.args, place, inside)
        self._push([node.body], inside)

    def _read_parameters(self, arguments: ast.arguments, outside: Place, inside: Place) -> None:
        self._push([*arguments.defaults, *arguments.kw_defaults], outside)
        for node in ast.iter_child_nodes(arguments):
            if isinstance(node, ast.arg):
                inside.scope.bind(node.arg)
                self._push([node.annotation], outside._replace(quiet=True))

    def read_class(self, node: ast.ClassDef, place: Place) -> None:
        """`class`: its bases see its type parameters."""
        place.scope.bind(node.name)
        self._push(node.decorator_list, place)
        outside = self._enter_type_parameters(node, place)
        self._push([*node.bases, *node.keywords], outside)
        self._push(node.body, self._enter("class", outside, node.name.lstrip("_")))

    def read_comprehension(self, node: Any, place: Place) -> None:
        """A comprehension: the first iterable is evaluated outside, all else inside."""
        first, *others = node.generators
        inside = self._enter("comprehension", place)
        if any(generator.is_async for generator in node.generators):
            place.scope.without_comprehensions().waits = True
        self._push([first.iter], place)
        self._push([first.target, *first.ifs, *others], inside)
        parts = ("key", "value") if isinstance(node, ast.DictComp) else ("elt",)
        self._push([getattr(node, part) for part in parts], inside)


_READERS: dict[str, Callable[[CellScopes, Any, Place], None]] = {
    "AnnAssign": CellScopes.read_annotated,
    "AsyncFor": CellScopes.read_waiting,
    "AsyncFunctionDef": CellScopes.read_function,
    "AsyncWith": CellScopes.read_waiting,
    "Await": CellScopes.read_await,
    "Call": CellScopes.read_call,
    "ClassDef": CellScopes.read_class,
    "DictComp": CellScopes.read_comprehension,
    "ExceptHandler": CellScopes.read_capture,
    "FunctionDef": CellScopes.read_function,
    "GeneratorExp": CellScopes.read_comprehension,
    "Global": CellScopes.read_global,
    "Import": CellScopes.read_import,
    "ImportFrom": CellScopes.read_import_from,
    "Lambda": CellScopes.read_lambda,
    "ListComp": CellScopes.read_comprehension,
    "MatchAs": CellScopes.read_capture,
    "MatchMapping": CellScopes.read_capture,
    "MatchStar": CellScopes.read_capture,
    "Name": CellScopes.read_name,
    "NamedExpr": CellScopes.read_walrus,
    "SetComp": CellScopes.read_comprehension,
    "TypeAlias": CellScopes.read_type_alias,
}
