"""What holds for any cell that is read: Python's compiler says what is bound, running it says more.

The oracle is the bytecode: by which instruction the compiler loads the name of a call.
"""

from __future__ import annotations

import ast
import builtins
import dis
import sys
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from reading_cells import Definition

from replplan_kernels.inside.reading import rewrite

EXAMPLES = 80
NAMES = st.sampled_from(["a", "b", "c", "d", "_K__p", "__p"])
Draw = Callable[[st.SearchStrategy[Any]], Any]


class Writer:
    """Writes a program in which few names are bound and called in all the ways there are."""

    def __init__(self, draw: Draw) -> None:
        self.draw, self.left = draw, draw(st.integers(5, 60))

    def name(self) -> str:
        return str(self.draw(NAMES))

    def one_of(self, *choices: Callable[[], str]) -> str:
        return str(self.draw(st.sampled_from(choices))())

    def expression(self) -> str:
        self.left -= 1
        if self.left < 0:
            return "str"
        return self.one_of(
            self.name,
            self.call,
            self.call,
            self.call,
            lambda: f"[{self.expression()}, 'é', {self.expression()}]",
            lambda: f"(lambda {self.parameters()}: {self.expression()})",
            lambda: f"(lambda {self.name()}: {self.expression()})({self.expression()})",
            lambda: f"[{self.expression()} {self.clauses()}]",
            lambda: f"{{{self.expression()}: {self.expression()} {self.clauses()}}}",
            lambda: f"list({self.expression()} {self.clauses()})",
            lambda: f"({self.name()} := {self.expression()})",
            lambda: f"({self.expression()} if {self.expression()} else {self.expression()})",
            lambda: f"{self.expression()}.{self.name()}",
        )

    def call(self) -> str:
        return f"{self.name()}({self.expression()})"

    def clauses(self) -> str:
        more = self.one_of(str, lambda: f" for {self.name()} in [{self.expression()}]")
        condition = self.one_of(str, lambda: f" if {self.expression()}")
        return f"for {self.name()} in [{self.expression()}]{condition}{more}"

    def parameters(self) -> str:
        names = self.draw(st.lists(NAMES, max_size=3, unique=True))
        return ", ".join(f"{name}={self.expression()}" for name in names)

    def block(self, depth: int, indent: str) -> str:
        count = self.draw(st.integers(1, 4))
        lines = "".join(self.statement(depth, indent + " ") for _ in range(count))
        return lines + f"{indent} pass\n"

    def statement(self, depth: int, indent: str) -> str:
        self.left -= 1
        kinds = [self.simple] * 4 + ([lambda: self.compound(depth - 1, indent)] if depth else [])
        text = "pass" if self.left < 0 else self.one_of(*kinds)
        return f"{indent}{text}\n" if not text.endswith("\n") else text

    def simple(self) -> str:
        return self.one_of(
            self.expression,
            self.expression,
            lambda: f"{self.name()} = {self.expression()}",
            lambda: f"{self.name()}, *{self.name()} = {self.expression()}",
            lambda: f"{self.name()} += {self.expression()}",
            lambda: f"{self.name()}: int = {self.expression()}",
            lambda: f"del {self.name()}",
            lambda: f"import math as {self.name()}",
            lambda: f"from math import pi as {self.name()}",
            lambda: f"global {self.name()}",
            lambda: f"nonlocal {self.name()}",
        )

    def compound(self, depth: int, indent: str) -> str:
        def body() -> str:
            return self.block(depth, indent)

        head = self.one_of(
            lambda: f"def {self.name()}({self.parameters()}):\n",
            lambda: f"def {self.name()}({self.parameters()}):\n",
            lambda: f"@{self.expression()}\n{indent}def {self.name()}():\n",
            lambda: f"class {self.name()}:\n",
            lambda: f"class K({self.expression()}):\n",
            lambda: f"for {self.name()} in [{self.expression()}]:\n",
            lambda: f"if {self.expression()}:\n",
            lambda: f"with {self.expression()} as {self.name()}:\n",
            lambda: f"try:\n{body()}{indent}except Exception as {self.name()}:\n",
            lambda: f"match {self.expression()}:\n{indent} case {self.name()}:\n ",
            lambda: (
                f"match {self.expression()}:\n{indent} case [{self.name()}, *{self.name()}]:\n "
            ),
        )
        if head.startswith("match"):
            return f"{indent}{head}{indent} pass\n"
        return f"{indent}{head}{body()}"


@st.composite
def programs(draw: Draw) -> str:
    """Programs that Python compiles; calls of names stand at places of their own."""
    writer = Writer(draw)
    source = "".join(writer.statement(3, "") for _ in range(draw(st.integers(1, 6))))
    try:
        compile(source, "a program", "exec", dont_inherit=True)
    except SyntaxError:  # a name used before `global`, `:=` where it may not stand, and the like
        assume(False)
    return source


LOCAL = ("LOAD_FAST", "LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT")


class Loaded(NamedTuple):
    """How the compiler loads the name of one call."""

    name: str
    local: bool
    in_class: bool


def codes(code: CodeType, outer: tuple[CodeType, ...] = ()) -> Iterator[tuple[CodeType, ...]]:
    yield (*outer, code)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant, (*outer, code))


def stored(code: CodeType, *operations: str) -> set[str]:
    return {i.argval for i in dis.get_instructions(code) if i.opname in operations}


def compiler_says(source: str) -> dict[tuple[int, int], Loaded]:
    """For each name that is loaded, by line and column: how."""
    module = compile(source, "a program", "exec", dont_inherit=True)
    everywhere = list(codes(module))
    top = stored(module, "STORE_NAME", "DELETE_NAME").union(
        *(stored(chain[-1], "STORE_GLOBAL", "DELETE_GLOBAL") for chain in everywhere)
    )
    found = dict[tuple[int, int], Loaded]()
    for chain in everywhere:
        in_classes = set[str]().union(
            *(stored(code, "STORE_NAME", "DELETE_NAME") for code in chain[1:])
        )
        for instruction in dis.get_instructions(chain[-1]):
            place, operation = instruction.positions, instruction.opname
            if place and place.lineno and operation in ("LOAD_GLOBAL", "LOAD_NAME"):
                name = str(instruction.argval)
                loaded = Loaded(name, name in top, name in in_classes)
                found[place.lineno, place.col_offset or 0] = loaded
            elif place and place.lineno and operation.startswith(LOCAL):
                found[place.lineno, place.col_offset or 0] = Loaded("", True, False)
    return found


def rewritten(source: str) -> tuple[dict[tuple[int, int], str], set[tuple[int, int]]]:
    """The names of the rewritten calls by place, and the places of the others."""
    tree = rewrite(ast.parse(source), source, lambda name: False, lambda name: False)
    subtasks, others = dict[tuple[int, int], str](), set[tuple[int, int]]()
    for node in ast.walk(tree):
        match node:
            case ast.Call(ast.Name("__subtask__"), [ast.Constant(str(name)), *_]):
                subtasks[node.lineno, node.col_offset] = name
            case ast.Call(ast.Name(name) as func) if not hasattr(builtins, name):
                others.add((func.lineno, func.col_offset))
    return subtasks, others - subtasks.keys()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
@example("class K:\n def b(): __p(1)\n _K__p = 1\n")
@example("def a():\n b = 1\n class K:\n  global b\n  def c(): b(1)\n")
def test_what_python_binds_is_not_rewritten_and_all_else_is(source: str) -> None:
    loaded = compiler_says(source)
    subtasks, others = rewritten(source)
    for place, name in subtasks.items():
        if place in loaded:  # else the compiler saw that it cannot be reached
            assert not loaded[place].local
            assert loaded[place].name == name
            assert not loaded[place].in_class or "global" in source
    for place in others & loaded.keys():
        assert loaded[place].local or loaded[place].in_class


class TooMuch(BaseException):
    """The program does not end in reasonable time."""


def run(code: CodeType) -> tuple[list[Any], Any, list[str]]:
    """What a program called, how it ended, and what it left."""
    called, entered = list[Any](), 0

    def function(name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            called.append((name, len(args), sorted(kwargs)))
            return args[0] if args else 1

        return call

    def watch(frame: Any, event: str, argument: Any) -> None:
        nonlocal entered
        entered += frame.f_code.co_filename == "a program"
        if entered > 200:
            raise TooMuch

    names: dict[str, Any] = {name: function(name) for name in ("a", "b", "c", "d", "_K__p", "__p")}

    def look_up(name: str, text: str, comment: str) -> Definition:
        if name not in names:
            raise NameError(f"name {name!r} is not defined")
        return Definition(names[name])

    names["__subtask__"] = look_up
    previous = sys.gettrace()
    sys.settrace(watch)
    try:
        exec(code, names)
        ended: Any = None
    except (Exception, TooMuch) as error:  # noqa: BLE001 - a program may raise anything
        trace = error.__traceback__
        lines = list[int]()
        while trace:
            if trace.tb_frame.f_code.co_filename == "a program":
                lines.append(trace.tb_lineno)
            trace = trace.tb_next
        ended = (type(error).__name__, str(error).partition(" at 0x")[0], lines)
    finally:
        sys.settrace(previous)
    return called, ended, sorted(names.keys() - {"__subtask__"})


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_a_rewritten_program_does_the_same_where_its_names_are_defined(source: str) -> None:
    tree = rewrite(ast.parse(source), source, lambda name: False, lambda name: False)
    plain = compile(source, "a program", "exec", dont_inherit=True)
    read = compile(tree, "a program", "exec", dont_inherit=True)
    assert run(read) == run(plain)


WORDS = (
    "foo ( ) [ ] { } : , ; = := . * ** @ -> 'x' \"\"\" f'{ }' lambda async def class for in if "
    "else await yield return global bar match case _ import from as with try: except: del not "
    "is and 1 0x é ! # \\"
)
ODD = st.lists(
    st.sampled_from([*WORDS.split(), "\n", "\n ", "\n\t", "\x0c", "\ufeff"]), max_size=25
)
SOURCES = ODD.map(" ".join) | st.text() | programs()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(SOURCES, st.none() | SOURCES)
@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_nothing_that_parses_makes_it_raise(source: str, other: str | None) -> None:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        assume(False)
    rewrite(tree, source if other is None else other, lambda name: False, lambda name: True)
    ast.unparse(tree)


@pytest.mark.parametrize(
    "module", ["enum", "asyncio.tasks", "dataclasses", "typing", "unittest.mock"]
)
def test_real_modules_have_no_unbound_calls(module: str) -> None:
    """All that these call, they define: so nothing is a sub-task."""
    found = __import__(module, fromlist=["_"])
    with open(found.__file__, encoding="utf-8") as file:  # noqa: PTH123
        source = file.read()
    tree = rewrite(ast.parse(source), source, lambda name: False, lambda name: False)
    assert "__subtask__" not in ast.unparse(tree)
    compile(tree, module, "exec", dont_inherit=True)
