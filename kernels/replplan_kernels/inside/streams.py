"""What cells find as `sys.stdout` and `sys.stderr`, and what IPython shows things with."""

from __future__ import annotations

import io
import sys
from typing import Any

from jupyter_client.session import Session

from replplan_kernels.inside.outbox import Outbox

_SHOWN = {"execute_result", "display_data", "error"}


class Stream(io.TextIOBase):
    """Printed text goes to the host as text of the cell that prints."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, outbox: Outbox, before: Any) -> None:
        self._outbox, self._before = outbox, before
        self.name = getattr(before, "name", "<stream>")
        self.take_over()

    def take_over(self) -> None:
        """Have what is written to the stream before this one come here: loggers hold that."""
        self._before.write, self._before.flush = self.write, self.flush

    def write(self, text: str) -> int:
        """Print it.

        Raises:
            TypeError: it is no text.
        """
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._outbox.write(text)
        return len(text)

    def flush(self) -> None:
        """Wait until all that was printed is on its way to the host."""
        self._outbox.flush()

    def writable(self) -> bool:
        """True."""
        return True

    def fileno(self) -> int:
        """The descriptor below, for processes that are started with it."""
        return int(self._before.fileno())


class OutboxSession(Session):
    """Stands where IPython sends messages of its own: what people see goes to the host."""

    def __init__(self, outbox: Outbox) -> None:
        super().__init__(key=b"unused")  # with none it warns
        self._outbox = outbox

    def send(self, stream: Any, msg_or_type: Any, content: Any = None, *_: Any, **__: Any) -> Any:
        """Send a message."""
        kind = msg_or_type
        if isinstance(msg_or_type, dict):
            kind, content = msg_or_type["header"]["msg_type"], msg_or_type["content"]
        if kind in _SHOWN:
            self._outbox.show(kind, shown(content))


def shown(content: dict[str, Any]) -> dict[str, Any]:
    """What the host needs of a message: text of any kind."""
    data = content.get("data", {})
    kept = {"data": {kind: form for kind, form in data.items() if isinstance(form, str)}}
    return kept | {name: str(content[name]) for name in ("ename", "evalue") if name in content}


def redirect(kernel: Any, outbox: Outbox) -> None:
    """Send all that cells print and show through the outbox; may be done again, in a fork."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, Stream):
            stream.take_over()
        else:
            setattr(sys, name, Stream(outbox, stream))
    session = OutboxSession(outbox)
    kernel.shell.displayhook.session = kernel.shell.display_pub.session = session
