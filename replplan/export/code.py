"""Python as coloured text: the lexer is Pygments', the colours are classes that a page styles."""

from __future__ import annotations

from collections.abc import Iterator

from replplan.export.elements import Child, node


def highlighted(code: str) -> Iterator[Child]:
    """The code as text and spans, whose classes are the short ones of Pygments."""
    from pygments import lex
    from pygments.lexers.python import PythonLexer
    from pygments.token import STANDARD_TYPES

    for kind, text in lex(code, PythonLexer(ensurenl=False, stripnl=False)):
        short = STANDARD_TYPES.get(kind, "")
        yield node("span", text, class_=short) if short[:1] in tuple("kmsnco") else text
