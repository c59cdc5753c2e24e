"""Where a cell's output goes: Jupyter messages that name the cell as their parent."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ipykernel.jsonutil import encode_images, json_clean


class Display:
    """The kernel's output channel, as cells of any thread use it."""

    def __init__(self, kernel: Any) -> None:
        self.kernel, self.shell = kernel, kernel.shell

    @contextmanager
    def named(self, name: str) -> Iterator[None]:
        """Have all that is printed and displayed in here carry this name as its parent.

        Ends with a message that says that all of it has been sent.
        """
        header = {"msg_id": name, "msg_type": "execute_request", "session": name, "version": "5.3"}
        tokens = self.shell.set_thread_parent({"header": header})
        try:
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            self._send("status", {"execution_state": "idle"})
            self.shell.reset_thread_parent(tokens)

    def result(self, value: Any, number: int) -> None:
        """Show the value of a cell's last expression."""
        data, metadata = self.shell.display_formatter.format(value)
        if "text/plain" not in data and not hasattr(type(value), "_ipython_display_"):
            data = {**data, "text/plain": repr(value)}  # raises what the formatter swallowed
        sys.stdout.flush()
        if data:
            content = {"data": encode_images(data), "metadata": metadata}  # type: ignore[no-untyped-call]
            content["execution_count"] = number
            self._send("execute_result", json_clean(content))  # type: ignore[no-untyped-call]

    def _send(self, kind: str, content: dict[str, Any]) -> None:
        self.kernel.session.send(
            self.kernel.iopub_socket,
            kind,
            content,
            parent=self.shell.displayhook.parent_header,
            ident=f"kernel.{kind}".encode(),
        )
