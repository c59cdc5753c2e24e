"""Questions to the person: text to write, limits to set, kinds to choose."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import ValidationError
from textual.app import App, ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, SelectionList, Static, TextArea

from replplan.console.clean import harmless, one_line
from replplan.limits import Limits


class TextDialog(ModalScreen[str | None]):
    """Text of several lines. None: the person has thought better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f2", "done", "Done (ctrl+s)"),  # behind the keys before it
        Binding("ctrl+e", "editor", "Your editor (ctrl+e)", priority=True),
        Binding("escape", "dismiss(None)", "Never mind (esc)", priority=True),  # not the field's
    ]

    def __init__(self, title: str, text: str = "", about: str = "") -> None:
        super().__init__()
        self._title, self._text, self._about = title, text, about

    def compose(self) -> ComposeResult:
        """A title, what it is about, the text, the keys."""
        with Vertical(classes="dialog"):
            yield Label(self._title, classes="title", markup=False)
            if self._about:
                yield Static(self._about, classes="about", markup=False)
            yield TextArea(self._text, tab_behavior="indent", show_line_numbers=False)
            yield Label("ctrl+s done · ctrl+e your editor · esc never mind", classes="keys")

    def on_mount(self) -> None:
        """Begin to write at the end."""
        area = self.query_one(TextArea)
        area.move_cursor(area.document.end)
        area.focus()

    def action_done(self) -> None:
        """Give the text back, if there is any."""
        text = self.query_one(TextArea).text
        self.dismiss(text if text.strip() else None)

    def action_editor(self) -> None:
        """Write it in $EDITOR."""
        self.query_one(TextArea).call_later(self._write_outside)

    def _write_outside(self) -> None:
        area = self.query_one(TextArea)
        edited = edit_outside(self.app, area.text)
        if edited is not None:
            area.text = edited


class LineDialog(ModalScreen[str | None]):
    """A line of text. None: the person has thought better of it.

    Attributes:
        interrupted: what Ctrl-C gives back.
    """

    interrupted: str | None = None

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Never mind")]

    def __init__(self, title: str, text: str = "", about: str = "") -> None:
        super().__init__()
        self._title, self._text, self._about = title, text, about

    def compose(self) -> ComposeResult:
        """A title and the line."""
        with Vertical(classes="dialog small"):
            yield Label(self._title, classes="title", markup=False)
            if self._about:
                yield Static(self._about, classes="about", markup=False)
            yield Input(self._text)
            yield Label("enter done · esc never mind", classes="keys")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give it back."""
        self.dismiss(event.value)


class LimitsDialog(ModalScreen[Limits | None]):
    """Limits to go on with. None: leave them as they are."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Leave them"),
        Binding("ctrl+s,f2", "done", "Done"),
    ]
    NAMES: ClassVar[Sequence[str]] = (
        "turns", "model_calls", "tokens", "cost", "seconds", "actions",
    )  # fmt: skip

    def __init__(self, title: str, limits: Limits, first: str = "turns") -> None:
        super().__init__()
        self._title, self._limits, self._first = title, limits, first

    def compose(self) -> ComposeResult:
        """A field for each limit; an empty one is no limit."""
        with Vertical(classes="dialog"):
            yield Label(self._title, classes="title", markup=False)
            for name in self.NAMES:
                value = getattr(self._limits, name)
                text = "" if value is None else f"{value:g}"
                field = Input(text, id=f"limit-{name}", compact=True, placeholder="no limit")
                field.border_title = name
                yield Label(name.replace("_", " "))
                yield field
            yield Label("", id="wrong")
            yield Label("enter or ctrl+s done · esc leave them", classes="keys")

    def on_mount(self) -> None:
        """Begin with the one that matters."""
        name = self._first if self._first in self.NAMES else "turns"
        self.query_one(f"#limit-{name}", Input).focus()

    def on_input_submitted(self) -> None:
        """Give them back."""
        self.action_done()

    def action_done(self) -> None:
        """Give them back, or say what is wrong with them."""
        try:
            self.dismiss(self._read())
        except (ValidationError, ValueError):
            self.query_one("#wrong", Label).update("a limit is a number above 0, or nothing")

    def _read(self) -> Limits:
        values = self._limits.model_dump()
        for name in self.NAMES:
            text = self.query_one(f"#limit-{name}", Input).value.strip()
            values[name] = None if not text else float(text) if "." in text else int(float(text))
        return Limits.model_validate(values)


class KindsDialog(ModalScreen[frozenset[str]]):
    """Which kinds of things are shown; gives back the ones that are not."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f,ctrl+s", "done", "Done")]
    KINDS: ClassVar[dict[str, tuple[str, ...]]] = {
        "what the model says": ("prose", "rejected"),
        "code": ("code",),
        "calls and answers in place": ("call",),
        "output": ("output", "value"),
        "errors": ("error", "failed"),
        "sub-REPLs": ("opened", "answered"),
        "world": ("world",),
        "notes, limits, steering": ("limit", "about"),
    }

    def __init__(self, hidden: frozenset[str]) -> None:
        super().__init__()
        self._hidden = hidden

    def compose(self) -> ComposeResult:
        """A list to tick."""
        rows = [(n, n, not self._hidden & set(kinds)) for n, kinds in self.KINDS.items()]
        with Vertical(classes="dialog small"):
            yield Label("What is shown", classes="title")
            yield SelectionList[str](*rows)
            yield Label("space ticks · esc done", classes="keys")

    def action_done(self) -> None:
        """Give back what is not ticked."""
        ticked = set(self.query_one(SelectionList).selected)
        hidden = (kinds for name, kinds in self.KINDS.items() if name not in ticked)
        self.dismiss(frozenset(k for kinds in hidden for k in kinds))


class HelpDialog(ModalScreen[None]):
    """What the keys do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss(None)", "Close")
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """The text, to be scrolled."""
        from textual.containers import VerticalScroll

        with Vertical(classes="dialog small"):
            with VerticalScroll():
                yield Static(self._text, markup=False)
            yield Label("esc closes", classes="keys")

    def on_mount(self) -> None:
        """Let the arrows scroll."""
        self.query_one("VerticalScroll").focus()


def edit_outside(app: App[object], text: str, suffix: str = ".py") -> str | None:
    """The text as the person's own editor leaves it; None where there is none to be had."""
    import os

    command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    if not command or shutil.which(command[0]) is None:
        app.notify(
            f"there is no editor {one_line(' '.join(command))!r}: set EDITOR", severity="error"
        )
        return None
    with tempfile.TemporaryDirectory(prefix="replplan-") as folder:
        file = Path(folder) / f"cell{suffix}"
        file.write_text(text, encoding="utf-8")
        try:
            with app.suspend():
                code = subprocess.run([*command, str(file)], check=False).returncode
        except SuspendNotSupported:
            app.notify("an editor needs a terminal of its own: not here", severity="error")
            return None
        if code:
            app.notify(f"the editor ended with code {code}: nothing is changed", severity="warning")
            return None
        return file.read_text(encoding="utf-8", errors="replace")


def shown(text: str, rows: int = 12) -> str:
    """Text of a model or a cell for a dialog: harmless, and not too long."""
    lines = harmless(text).split("\n")
    more = [f"… {len(lines) - rows} more lines"] if len(lines) > rows else []
    return "\n".join([*lines[:rows], *more])
