"""Take out of a text what is nobody else's business: secrets, folders of this machine, addresses.

A small table, since the scanners that there are (detect-secrets) only find, and bring more than
they are worth here. It knows the tokens that have a form of their own, values that are given to a
telling name, and the secrets that the environment holds now.
"""

from __future__ import annotations

import ast
import io
import os
import re
import tokenize
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SECRET, EMAIL, HOME, TEMPORARY = "<secret>", "<e-mail>", "~", "/tmp/..."  # noqa: S108 a text
_LEAST = 8

_Rule = tuple[str, "re.Pattern[str]", str]
_KEY = r"(?:(?:api|access|auth|secret|private)[_-]?key|token|secret)"
_PHRASE = r"(?:passw(?:or)?d|passphrase)"
_GIVEN = r"(\\?['\"]?\]?\s*[:=]\s*)(\\?['\"])"
_QUOTE = r"(?=\\?['\"])"
_RULES: tuple[_Rule, ...] = tuple(
    (kind, re.compile(pattern), put)
    for kind, pattern, put in (
        ("secret", r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----",
         SECRET),
        ("secret", r"\bsk-(?=[\w-]*\d)[A-Za-z0-9_-]{16,}", SECRET),
        ("secret", r"\b[spr]k_(?:live|test)_[A-Za-z0-9]{16,}", SECRET),
        ("secret", r"\b(?:gh[pousr]|hf|npm)_[A-Za-z0-9]{30,}", SECRET),
        ("secret", r"\b(?:github_pat_|glpat-|pypi-)[A-Za-z0-9_-]{20,}", SECRET),
        ("secret", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}", SECRET),
        ("secret", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", SECRET),
        ("secret", r"\bAIza[A-Za-z0-9_-]{30,}", SECRET),
        ("secret", r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*", SECRET),
        ("secret", r"(?i)\b(bearer|basic)(\s+)(?=\S*\d)[A-Za-z0-9+/._~-]{12,}=*", rf"\1\2{SECRET}"),
        ("secret", r"(?<=://)([^\s/:@'\"]*):[^\s/@'\"]+(?=@)", rf"\1:{SECRET}"),
        ("secret", rf"(?i)\b(\w*{_KEY}){_GIVEN}(?=[^'\"]*\d)[^'\"\s\\]{{16,}}{_QUOTE}",
         rf"\1\2\3{SECRET}"),
        ("secret", rf"(?i)\b(\w*{_PHRASE}){_GIVEN}(?!<secret>)[^'\"\s\\]{{6,}}{_QUOTE}",
         rf"\1\2\3{SECRET}"),
        ("path", r"(?<![\w.~])/(?:private/)?var/folders/[^\s'\"]+?/T(?=/)", TEMPORARY),
        ("path", r"(?<![\w.~])(?:/private)?(?:/var)?/tmp/(?!\.\.\.)[^\s/'\"]+(?=/)", TEMPORARY),
        ("path", r"(?<![\w.~])(?:/private)?(?:/var)?/tmp/tmp\w{6,}\b", TEMPORARY),
        ("path", r"(?i)\b[A-Z]:(\\{1,2})Users\1[^\\\s'\"]+\1AppData\1Local\1Temp\b", TEMPORARY),
        ("path", r"(?i)\b[A-Z]:(\\{1,2})Users\1[^\\\s'\"]+", HOME),
        ("path", r"(?<![\w.~])/(?:home|Users)/[^\s/'\":]+", HOME),
        ("path", r"(?<![\w.~])/root(?=/[\w.~])", HOME),
    )
)  # fmt: skip
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{2,24}\b")


class Scrubber:
    """Scrubs texts, and counts by kind what it took out."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()
        self._rules = (*_own_rules(), *_RULES)

    def text(self, text: str) -> str:
        """Any text."""
        return self._addresses(self._secrets(text))

    def code(self, code: str) -> str:
        """A cell: what is `a@b.c` by Python's own rules is a product of matrices."""
        code = self._secrets(code)
        return self._addresses(code, _operators(code))

    def values(self, value: Any) -> Any:
        """All texts in a JSON value."""
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return {k: self.values(v) for k, v in value.items()}
            case list() | tuple():
                return [self.values(v) for v in value]
        return value

    def _secrets(self, text: str) -> str:
        for kind, pattern, put in self._rules:
            text, count = pattern.subn(put, text)
            self.found.update({kind: count} if count else {})
        return text

    def _addresses(self, text: str, operators: frozenset[int] = frozenset()) -> str:
        def replace(match: re.Match[str]) -> str:
            if text.index("@", match.start()) in operators:
                return match.group()
            self.found["e-mail"] += 1
            return EMAIL

        return _EMAIL.sub(replace, text) if "@" in text else text


def _operators(code: str) -> frozenset[int]:
    """Where in the code an `@` is an operator; nowhere, where it is no plain Python."""
    starts = [0]
    for line in io.StringIO(code):
        starts.append(starts[-1] + len(line))
    try:
        ast.parse(code)
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError):
        return frozenset()
    return frozenset(
        starts[t.start[0] - 1] + t.start[1]
        for t in tokens
        if t.type == tokenize.OP and t.string in ("@", "@=")
    )


def _own_rules() -> list[_Rule]:
    """This machine's own: the secrets in the environment, and the home folder."""
    telling = re.compile(rf"(?i)(?:key|token|secret|{_PHRASE})$")
    secrets = {v for k, v in os.environ.items() if telling.search(k) and len(v) >= _LEAST}
    longest_first = sorted(secrets, key=len, reverse=True)  # for one may stand in another
    rules = [("secret", re.compile(re.escape(v)), SECRET) for v in longest_first]
    home = str(Path.home())
    if home != Path(home).anchor:
        rules.append(("path", re.compile(rf"(?<![\w.~]){re.escape(home)}(?![\w.-])"), HOME))
    return rules
