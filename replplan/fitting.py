"""Which demonstrations a method may be shown: none that does what its sessions cannot do.

A method without children has no use for a notebook that calls an undefined name: it would learn
a `NameError`. So its root looks for notebooks under the name `flat` first: a whole task done in
one REPL. Where a domain has none, those of `root` remain that call nothing undefined.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from typing import TYPE_CHECKING

from replplan.kernel import Function
from replplan.pool import Demonstration
from replplan.pool.bugs import with_bug
from replplan.switches import Switches

if TYPE_CHECKING:
    from replplan.tree import Tree

FLAT = "flat"
"""The name in the pool under which a domain keeps whole tasks done without children."""

ALWAYS = frozenset({"act", "get_obs", "answer", "display", "get_ipython"})
CHILDREN = frozenset({"get_args", "subtask", "SubtaskFailed", "Limits"})
ASK = frozenset({"ask", "AskError"})


# Of a known context window, the share that demonstrations may take, in characters at four a token.
_SHARE = 0.3
_CHARACTERS_A_TOKEN = 4


def demonstrations_for(tree: Tree, repl: str, text: str) -> tuple[Demonstration, ...]:
    """What a REPL of that name, which is told this text at its opening, is shown.

    Raises:
        ConfigError: a notebook cannot be read or holds no code.
    """
    planner, context = tree.planner, tree.model.context
    functions = (*tree.functions, *tree.kernel_functions)
    if not _shown(tree):
        return ()
    if repl in planner.switches.without:
        return ()
    room = int(context * _CHARACTERS_A_TOKEN * _SHARE) if context else None
    for name in pool_names(repl, planner.switches):
        if found := tree.pool.choose(name, text, room, lambda d: planner.fits(d, functions)):
            return tuple(map(with_bug, found)) if planner.switches.buggy else found
    return ()


def similar_names(tree: Tree, repl: str) -> tuple[str, ...]:
    """Names like this one that have demonstrations, where it has none itself.

    Raises:
        ConfigError: a notebook cannot be read or holds no code.
    """
    return tree.pool.similar(repl) if _shown(tree) else ()


def _shown(tree: Tree) -> bool:
    switches = tree.planner.switches
    return switches.demonstrations and (switches.shown or not tree.model.taught)


def pool_names(repl: str, switches: Switches) -> tuple[str, ...]:
    """The names that a REPL's demonstrations are looked up by: the first that has any is taken."""
    return (repl,) if switches.children or repl != "root" else (FLAT, repl)


def fits(
    demonstration: Demonstration, switches: Switches, functions: Iterable[Function] = ()
) -> bool:
    """Whether everything that a demonstration calls is there for a method with these switches.

    Without children, a cell that is no plain Python (a magic) cannot be judged: it does not fit.
    """
    if switches.children and switches.ask:
        return True
    used = names_used(demonstration)
    if used is None:
        return False
    if not switches.ask and used & ASK:
        return False
    return switches.children or used <= ALWAYS | ASK | {f.name for f in functions}


def names_used(demonstration: Demonstration) -> frozenset[str] | None:
    """What a demonstration takes from its surroundings: names that it calls and nowhere binds,
    and those of replplan's own that it reads; None where a cell is no Python."""
    bound, used = set[str](dir(builtins)), set[str]()
    for code, _ in demonstration.turns:
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError, RecursionError):
            return None
        for node in ast.walk(tree):
            bound.update(_bound_by(node))
            used.update(_used_by(node))
    return frozenset(used - bound)


def _used_by(node: ast.AST) -> set[str]:
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return {name}
        case ast.Name(id=name) if name in ASK | CHILDREN:
            return {name}
    return set()


def _bound_by(node: ast.AST) -> set[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            return {name}
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.arg(arg=name):
            return {name}
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {(a.asname or a.name).partition(".")[0] for a in names}
    return set()
