"""How the value of a cell's last expression is shown."""

from __future__ import annotations

from typing import Any

from ipykernel.jsonutil import encode_images, json_clean

from replplan_kernels.inside.outbox import Outbox
from replplan_kernels.inside.streams import shown


class Display:
    """Shows values and ends the output of cells."""

    def __init__(self, shell: Any, outbox: Outbox) -> None:
        self.shell, self.outbox = shell, outbox

    def complete(self, run: str) -> None:
        """Tell the host that this cell prints no more."""
        self.outbox.complete(run)

    def result(self, value: Any) -> None:
        """Show the value of a cell's last expression."""
        data, _ = self.shell.display_formatter.format(value)
        if "text/plain" not in data and not hasattr(type(value), "_ipython_display_"):
            data = {**data, "text/plain": repr(value)}  # raises what the formatter swallowed
        if data:
            content = {"data": encode_images(data)}  # type: ignore[no-untyped-call]
            self.outbox.show("execute_result", shown(json_clean(content)))  # type: ignore[no-untyped-call]
