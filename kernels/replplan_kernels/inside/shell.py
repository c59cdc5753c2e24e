"""IPython's shell, taught that there are several REPLs: magics work in the one that uses them."""

from __future__ import annotations

import ast
import builtins
import functools
import getpass
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from replplan_kernels.inside.repl import Repl
from replplan_kernels.inside.runs import current_run

_PIECE = 1 << 16
_ROOT = "_replplan_root"


def follow_repl(shell: Any) -> None:
    """Give the shell, for magics and `!`, the variables of the REPL whose cell is running."""
    root: dict[str, Any] = shell.user_ns
    kind: Any = type(shell)
    vars(shell)[_ROOT], shell.__class__ = root, _following(kind)
    for name in ("exit", "quit"):  # IPython's own end the kernel, Python's end the cell
        root.pop(name, None)


def prepare() -> None:
    """Have ready what kernels need that are forked later."""
    from ipykernel.zmqshell import ZMQInteractiveShell

    _following(ZMQInteractiveShell)


@functools.cache
def _following(kind: Any) -> Any:
    """That kind of shell, following REPLs. To make a class with traits takes milliseconds."""

    def namespace(self: object) -> dict[str, Any]:
        run, root = current_run(), vars(self)[_ROOT]
        found: dict[str, Any] = run.repl.namespace if run and run.outer is not None else root
        return found

    def ignore(self: object, value: dict[str, Any]) -> None:
        """The root's variables stay where they are."""

    body = {"user_ns": property(namespace, ignore), "user_global_ns": property(namespace)}
    return type(kind.__name__, (kind,), body)


def rewrite_in_magics(
    shell: Any, rewrite: Callable[[Repl, ast.Module, str], ast.Module], root: Repl
) -> None:
    """Have undefined calls read in what magics such as `%time` run as well."""
    parse, sources = shell.compile.ast_parse, list[tuple[Any, str]]()

    def remember(source: str, *args: Any, **kwargs: Any) -> Any:
        tree = parse(source, *args, **kwargs)
        sources[:] = [(tree, source)]
        return tree

    class Transformer:
        def visit(self, tree: Any) -> Any:
            run = current_run()
            source = next((text for own, text in sources if own is tree), "")
            if not isinstance(tree, ast.Module):
                return tree
            return rewrite(run.repl if run else root, tree, source)

    shell.compile.ast_parse = remember
    shell.ast_transformers.append(Transformer())


def run_in_shell(shell: Any) -> None:
    """Have `!command` print as it goes, through a pipe: a walled-in kernel has no terminals."""

    def system(command: str) -> None:
        full = shell.var_expand(command, depth=1)
        with subprocess.Popen(
            ["/bin/sh", "-c", full],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            assert process.stdout is not None
            while piece := os.read(process.stdout.fileno(), _PIECE):
                sys.stdout.write(piece.decode("utf-8", "replace"))
        shell.user_ns["_exit_code"] = process.returncode

    shell.system = system


def no_input() -> None:
    """Nobody sits at the keyboard: refuse `input` at once."""

    def refuse(prompt: object = "", stream: object = None) -> NoReturn:
        raise RuntimeError("there is nobody to type: a cell cannot use input()")

    builtins.input = refuse
    getpass.getpass = refuse
