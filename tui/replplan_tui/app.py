"""The app: screens over feeds. It imports no kernel and no domain; these come by the plugins."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.theme import BUILTIN_THEMES
from textual.widgets import TextArea

from replplan.console.clean import one_line
from replplan.errors import ConfigError

_NO_COMMANDS = ("move", "ends", "unfold", "interrupted")


class WatchApp(App[None]):
    """Watches plans: one that is given, or what the start screen leads to."""

    TITLE = "replplan"
    CSS: ClassVar[str] = """
    * { scrollbar-background: $background; scrollbar-background-hover: $background;
        scrollbar-background-active: $background; scrollbar-corner-color: $background; }
    ModalScreen { align: center middle; background: $background 60%; }
    .dialog { width: 90%; max-width: 100; height: auto; max-height: 90%; padding: 0 1;
              border: round $primary; background: $surface; }
    .dialog.small { max-width: 70; }
    .dialog .title { text-style: bold; color: $primary; width: 1fr; }
    .dialog .about { color: $text-muted; max-height: 8; }
    .dialog .keys { color: $text-muted; width: 1fr; }
    .dialog TextArea { height: 12; max-height: 50vh; border: none; padding: 0; }
    .dialog VerticalScroll { height: auto; max-height: 75vh; scrollbar-size: 1 1; }
    .dialog Input { border: none; height: 1; padding: 0 1; }
    .dialog SelectionList { height: auto; border: none; }
    #wrong { color: $error; }
    ToastRack { margin-bottom: 3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+p", "command_palette", "Palette", show=False, priority=True),
        Binding("ctrl+c", "interrupted", "Leave", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "To the shell", show=False),
    ]

    def __init__(self, first: Screen[None], theme: str = "") -> None:
        super().__init__()
        self._first = first
        check_theme(theme)
        self.theme = theme or self.theme

    def on_mount(self) -> None:
        """Show the first screen."""
        self.push_screen(self._first)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """All actions of the screen by name, and Textual's own."""
        told = set()
        for binding in screen.active_bindings.values():
            what = binding.binding
            if (
                binding.enabled
                and what.description
                and what.action not in told
                and what.action.split("(")[0] not in _NO_COMMANDS
            ):
                told.add(what.action)
                yield SystemCommand(
                    what.description,
                    f"key {self.get_key_display(what)}",
                    _runner(self, what.action, binding.node),
                )
        yield from super().get_system_commands(screen)

    def action_suspend_process(self) -> None:
        """To the shell, with all that the terminal waits for: `uv run` would wait on alone."""
        if sys.platform != "win32" and self._driver is not None and self._driver.can_suspend:
            with self.suspend():
                before = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
                os.killpg(0, signal.SIGTSTP)
                signal.signal(signal.SIGTSTP, before)

    async def action_interrupted(self) -> None:
        """Ctrl-C: copy what is marked in a text; else out of a dialog, or of the screen, as `q`
        does it."""
        field, screen = self.focused, self.screen
        if isinstance(field, TextArea) and field.selected_text:
            field.action_copy()
        elif isinstance(screen, ModalScreen):
            screen.dismiss(getattr(screen, "interrupted", None))
        else:
            await self.run_action("screen.quit", screen)


def check_theme(theme: str) -> None:
    """Raises `ConfigError` where there is no theme of that name; an empty one is the usual."""
    if theme and theme not in BUILTIN_THEMES:
        names = ", ".join(sorted(BUILTIN_THEMES))
        raise ConfigError(f"there is no theme {one_line(theme, 60)!r}; there are {names}")


def _runner(app: WatchApp, action: str, node: DOMNode) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        await app.run_action(action, node)

    return run
