"""The colours of a theme, as styles of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType
from rich.color import Color
from rich.style import Style
from textual.app import App

Piece = tuple[str, str]
"""A piece of a line and the name of its style."""

_TOKENS: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "dim"),
    (Keyword, "keyword"),
    (Operator.Word, "keyword"),
    (String, "string"),
    (Number, "number"),
    (Name.Builtin, "builtin"),
    (Name.Function, "name"),
    (Name.Class, "name"),
    (Name.Decorator, "keyword"),
)
_COLOURS = {
    "keyword": "text-accent", "string": "text-success", "number": "text-warning",
    "builtin": "primary",
    "good": "text-success", "bad": "text-error", "error": "text-error", "failed": "text-error",
    "limit": "text-warning",
    "answered": "text-success", "act": "primary", "ask": "accent", "link": "primary", "code": "",
    "world": "", "output": "", "value": "", "call": "", "prose": "", "name": "", "title": "",
    "opened": "primary", "about": "", "fact": "", "rejected": "", "dim": "", "live": "warning",
}  # fmt: skip
_BOLD = {"name", "title", "good", "bad", "opened", "link"}
_DIM = {"dim", "prose", "about", "rejected"}
_ITALIC = {"prose"}


@dataclass(frozen=True)
class Palette:
    """Styles by name, made from the variables of a theme."""

    styles: dict[str, Style]
    ground: Style
    cell: Style
    chosen: Style
    found: Style
    made: dict[tuple[str, bool, bool], Style] = field(default_factory=dict, compare=False)

    def style(self, name: str) -> Style:
        """The style of that name; plain text where there is none."""
        return self.styles.get(name, Style.null())

    def on_row(self, name: str, on_cell: bool = False, chosen: bool = False) -> Style:
        """The style of a piece of a notebook's row, with the ground it stands on.

        Args:
            name: the name of a style; `found:` before it where the piece was searched for.
            on_cell: it is part of a cell.
            chosen: its entry is the one under the cursor.
        """
        key = name, on_cell, chosen
        style = self.made.get(key)
        if style is None:
            plain = name.removeprefix("found:")
            ground = self.ground + self.chosen if chosen else self.ground
            style = ground + self.style(plain) + (self.cell if on_cell else Style.null())
            self.made[key] = style = style + self.found if plain != name else style
        return style


def palette_of(app: App[object]) -> Palette:
    """The palette of the theme that an app has now."""
    if app.theme not in _MADE:
        _MADE[app.theme] = make_palette(app.theme_variables)
    return _MADE[app.theme]


_MADE: dict[str, Palette] = {}


def make_palette(variables: Mapping[str, str]) -> Palette:
    """The palette of a theme: from Textual's CSS variables, such as `primary`."""
    muted = _colour(variables, "foreground-muted")

    def style(name: str) -> Style:
        colour = muted if name in _DIM else _colour(variables, _COLOURS[name])
        return Style(color=colour, bold=name in _BOLD or None, italic=name in _ITALIC or None)

    return Palette(
        styles={name: style(name) for name in _COLOURS},
        ground=Style(
            color=_colour(variables, "foreground"), bgcolor=_colour(variables, "background")
        ),
        cell=Style(bgcolor=_colour(variables, "surface")),
        chosen=Style(bgcolor=_colour(variables, "panel")),
        found=Style(reverse=True),
    )


def _colour(variables: Mapping[str, str], name: str) -> Color | None:
    from textual.color import Color as Paint

    text = variables.get(name, "")
    if not text or text.startswith("auto"):
        return None
    paint = Paint.parse(text)
    if paint.a < 1:
        paint = Paint.parse(variables.get("background", "black")).blend(paint, paint.a, 1)
    return paint.rich_color


@cache
def _style_of(kind: _TokenType) -> str:
    return next((name for parent, name in _TOKENS if kind in parent), "code")  # type: ignore[comparison-overlap]


@lru_cache(maxsize=512)
def highlight(code: str) -> tuple[tuple[Piece, ...], ...]:
    """The lines of a cell, each as pieces with the names of their styles."""
    lines: list[list[Piece]] = [[]]
    for kind, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens(code):
        style = _style_of(kind)
        first, *rest = text.split("\n")
        if first:
            lines[-1].append((first, style))
        lines += [[(part, style)] if part else [] for part in rest]
    return tuple(tuple(pieces) for pieces in lines)
