"""What the generators' scorers are given: an answer comes out of a cell, and may be hostile code.

Four scorers of reasoning-gym give an answer to `eval`, five to SymPy's parser, which does the same.
Here the first read literals alone, and the others see nothing but formulas of a bounded size.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any

LISTS = frozenset({"binary_matrix", "n_queens", "spiral_matrix", "string_insertion"})
FORMULAS = frozenset(
    {"countdown", "intermediate_integration", "polynomial_multiplication", "puzzle24",
     "simple_integration"}
)  # fmt: skip
_CALM = frozenset({"sqrt", "log", "ln", "Abs"})
_FUNCTIONS = _CALM | {"exp", "sec", "csc", "cot"} | {
    f"{a}{name}{h}" for a in ("", "a") for name in ("sin", "cos", "tan") for h in ("", "h")
}  # fmt: skip
_SIGNS = re.compile(r"[\w\s+\-*/(),.]*", re.ASCII)
_LONGEST, _DEGREE = 500, 100


class _NoFormula(ValueError):
    """It is none, or too large a one."""


def disarm(module: ModuleType) -> None:
    """Have a generator's module read literals where it would evaluate an answer."""
    vars(module)["eval"] = ast.literal_eval


def admitted(name: str, answer: str | None, known: Mapping[str, Any]) -> str | None:
    """An answer as a generator's scorer may have it: nothing where it is none.

    Three scorers take what is wrong: any word for a yes or no, other numbers than those to be
    used, and what is no number at all.

    Args:
        name: the generator.
        answer: the answer.
        known: the question.
    """
    if answer is None:
        return None
    if name in FORMULAS and not is_formula(answer):
        return ""
    right = True
    if name == "game_of_life_halting":
        right = answer.strip().lower() == str(known["answer"]).lower()
    elif name == "puzzle24":
        used = sorted(map(int, re.findall(r"\d+", answer)))
        right = used == sorted(known["metadata"]["numbers"])
    elif name == "complex_arithmetic":
        right = "nan" not in answer.lower()
    return answer if right else ""


def is_formula(text: str) -> bool:
    """Whether a text is numbers, letters and known functions, calculated with, and no more.

    Its length and its size are bounded: a few characters of powers would keep SymPy for years.
    """
    if len(text) > _LONGEST or not _SIGNS.fullmatch(text):
        return False
    try:
        return _degree(ast.parse(text.strip(), mode="eval").body) <= _DEGREE
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False


def _degree(node: ast.expr) -> float:
    """How far powers may carry a formula.

    Raises:
        _NoFormula: it is something else.
    """
    match node:
        case ast.Constant(int() | float()) | ast.Name():
            return float(_bound(node) > 0)
        case ast.UnaryOp(ast.USub() | ast.UAdd(), inner):
            return _degree(inner)
        case ast.BinOp(left, ast.Pow(), right):
            return _degree(left) * max(1, _bound(right))
        case ast.BinOp(left, ast.Add() | ast.Sub() | ast.Mult() | ast.Div(), right):
            return max(_degree(left), _degree(right))
        case ast.Call(ast.Name(name), [inner], []) if name in _FUNCTIONS:
            if name in _CALM or not any(isinstance(n, ast.Call) for n in ast.walk(inner)):
                return _degree(inner)
    raise _NoFormula


def _bound(node: ast.expr) -> float:
    """What an exponent is at most, a letter taken for 1.

    Raises:
        _NoFormula: it is more than a sum or a product.
    """
    match node:
        case ast.Constant(int() | float() as value) if not isinstance(value, bool):
            return float(value)
        case ast.Name(name) if len(name) == 1 or name == "pi":
            return 1.0
        case ast.UnaryOp(ast.USub() | ast.UAdd(), inner):
            return _bound(inner)
        case ast.BinOp(left, ast.Add() | ast.Sub(), right):
            return _bound(left) + _bound(right)
        case ast.BinOp(left, ast.Mult(), right):
            return _bound(left) * _bound(right)
        case ast.BinOp(left, ast.Div(), ast.Constant(int() as under)) if under:
            return _bound(left)
    raise _NoFormula
