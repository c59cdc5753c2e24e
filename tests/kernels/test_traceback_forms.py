"""The form that each kind of error has, as a model reads it."""

from __future__ import annotations

import pytest
from failing_cells import text, traceback_of

CASES = {
    "a whole line has no marker": (
        "1 / 0",
        """
        cell 1, line 1
            1 / 0
        ZeroDivisionError: division by zero
        """,
    ),
    "no message": (
        "raise ValueError",
        """
        cell 1, line 1
            raise ValueError
        ValueError
        """,
    ),
    "a call over several lines": (
        "x = [\n    1,\n    int(\n        'a'),\n]",
        """
        cell 1, line 3
            int(
        ValueError: invalid literal for int() with base 10: 'a'
        """,
    ),
    "wide characters and tabs": (
        "def f():\n\tx = 'é', {}['ß']\nf()",
        """
        cell 1, line 3
            f()
        cell 1, line 2, in f
            x = 'é', {}['ß']
                     ^^^^^^^
        KeyError: 'ß'
        """,
    ),
    "a comprehension is in the line that holds it": (
        "x = [1 / i for i in range(1)]",
        """
        cell 1, line 1
            x = [1 / i for i in range(1)]
                 ^^^^^
        ZeroDivisionError: division by zero
        """,
    ),
    "a lambda": (
        "f = lambda: 1 / 0\nf()",
        """
        cell 1, line 2
            f()
        cell 1, line 1, in <lambda>
            f = lambda: 1 / 0
                        ^^^^^
        ZeroDivisionError: division by zero
        """,
    ),
    "recursion": (
        "def f(n):\n    if n: return f(n - 1) + 1\n    return n / 0\nf(100)",
        """
        cell 1, line 4
            f(100)
        cell 1, line 2, in f
            if n: return f(n - 1) + 1
                         ^^^^^^^^
        [the last frame repeated 99 times]
        cell 1, line 3, in f
            return n / 0
                   ^^^^^
        ZeroDivisionError: division by zero
        """,
    ),
    "twice is no recursion": (
        "def f(n): return f(n - 1) + 1 if n else n / 0\nf(2)",
        """
        cell 1, line 2
            f(2)
        cell 1, line 1, in f
            def f(n): return f(n - 1) + 1 if n else n / 0
                             ^^^^^^^^
        cell 1, line 1, in f
            def f(n): return f(n - 1) + 1 if n else n / 0
                             ^^^^^^^^
        cell 1, line 1, in f
            def f(n): return f(n - 1) + 1 if n else n / 0
                                                    ^^^^^
        ZeroDivisionError: division by zero
        """,
    ),
    "recursion of several": (
        "def f(n): g(n)\ndef g(n): h(n)\ndef h(n):\n    f(n - 1) if n else {}[0]\nf(1200 // 10)",
        """
        cell 1, line 5
            f(1200 // 10)
        cell 1, line 1, in f
            def f(n): g(n)
                      ^^^^
        cell 1, line 2, in g
            def g(n): h(n)
                      ^^^^
        cell 1, line 4, in h
            f(n - 1) if n else {}[0]
            ^^^^^^^^
        [the last 3 frames repeated 119 times]
        cell 1, line 1, in f
            def f(n): g(n)
                      ^^^^
        cell 1, line 2, in g
            def g(n): h(n)
                      ^^^^
        cell 1, line 4, in h
            f(n - 1) if n else {}[0]
                               ^^^^^
        KeyError: 0
        """,
    ),
    "a cause": (
        "try:\n    {}['x']\nexcept KeyError as e:\n    raise ValueError('bad') from e",
        """
        cell 1, line 4
            raise ValueError('bad') from e
        caused by KeyError: 'x' (cell 1, line 2)
        ValueError: bad
        """,
    ),
    "an error while another was handled": (
        "try:\n    {}['x']\nexcept KeyError as e:\n    1 / 0",
        """
        cell 1, line 4
            1 / 0
        while handling KeyError: 'x' (cell 1, line 2)
        ZeroDivisionError: division by zero
        """,
    ),
    "a context that is suppressed": (
        "try:\n    {}['x']\nexcept KeyError as e:\n    raise ValueError('bad') from None",
        """
        cell 1, line 4
            raise ValueError('bad') from None
        ValueError: bad
        """,
    ),
    "causes in a circle": (
        "a, b = KeyError(1), ValueError(2)\na.__cause__, b.__cause__ = b, a\nraise a",
        """
        cell 1, line 3
            raise a
        caused by ValueError: 2
        KeyError: 1
        """,
    ),
    "a group in a group": (
        "raise ExceptionGroup('two', [KeyError('x'), ExceptionGroup('in', [OSError('y\\nz')])])",
        """
        cell 1, line 1
            raise ExceptionGroup('two', [KeyError('x'), ExceptionGroup('in', [OSError('y\\nz')])])
        error 1 of 2: KeyError: 'x'
        error 2 of 2: OSError: y z
        ExceptionGroup: two (2 sub-exceptions)
        """,
    ),
    "notes": (
        "e = ValueError('bad')\ne.add_note('look there')\nraise e",
        """
        cell 1, line 3
            raise e
        note: look there
        ValueError: bad
        """,
    ),
    "syntax": (
        "x = 1\ny = = 2",
        """
        cell 1, line 2
            y = = 2
                ^
        SyntaxError: invalid syntax
        """,
    ),
    "syntax, the end of the line": (
        "def f()\n    pass",
        """
        cell 1, line 1
            def f()
                   ^
        SyntaxError: expected ':'
        """,
    ),
    "syntax, indented": (
        "if 1:\n    x = 1\n      y = 2",
        """
        cell 1, line 3
            y = 2
        IndentationError: unexpected indent
        """,
    ),
    "syntax of a text that a cell runs": (
        "exec('1 +')",
        """
        cell 1, line 1
            exec('1 +')
        <string>, line 1
            1 +
               ^
        SyntaxError: invalid syntax
        """,
    ),
    "a syntax error raised by hand": (
        "raise SyntaxError('mine')",
        """
        cell 1, line 1
            raise SyntaxError('mine')
        SyntaxError: mine
        """,
    ),
    "a text that raises": (
        "class E(Exception):\n    def __str__(self): raise SystemExit\nraise E",
        """
        cell 1, line 3
            raise E
        E: <unprintable E object>
        """,
    ),
    "a text that is no text": (
        "class E(Exception):\n    def __str__(self): return 1\nraise E",
        """
        cell 1, line 3
            raise E
        E: <unprintable E object>
        """,
    ),
    "an end of the process": (
        "import sys; sys.exit(3)",
        """
        cell 1, line 1
            import sys; sys.exit(3)
                        ^^^^^^^^^^^
        SystemExit: 3
        """,
    ),
}


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES.keys())
def test_traceback(source: str, expected: str) -> None:
    assert traceback_of(source) == text(expected)
