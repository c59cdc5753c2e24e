"""The sinks by which people watch a plan in a terminal, a pipe or a log.

`rich` is imported when `LiveView` is first asked for, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replplan.console.choose import view_for
from replplan.console.plain import PlainView
from replplan.console.view import View

if TYPE_CHECKING:
    from replplan.console.live import LiveView

__all__ = ["LiveView", "PlainView", "View", "view_for"]


def __getattr__(name: str) -> Any:
    if name != "LiveView":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from replplan.console.live import LiveView

    return LiveView
