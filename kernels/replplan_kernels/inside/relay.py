"""The link where host and kernel share no file system: over Jupyter's stdin channel.

The kernel's threads, and processes that cells fork, connect to a Unix socket as they do elsewhere;
a thread carries what they say to the host in `input_request`s, and the replies back in
`input_reply`s. No more goes up at a time than the host has taken: a channel that is full would
drop messages.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import socket
import threading
import time
from typing import Any

import zmq

_PIECE = 48 << 10
_ROOM = 64
"""Messages that may be under way to the host."""

_SILENCE = 60.0
"""Seconds without a word of the host after which it is taken to be gone."""


class _Local:
    """A connection of one of the kernel's threads."""

    def __init__(self, number: int, connection: socket.socket) -> None:
        self.number, self.connection = number, connection
        self.waiting = bytearray()
        connection.setblocking(False)

    def write(self, data: bytes) -> None:
        """Send what can be sent now, and the rest later."""
        self.waiting += data
        with contextlib.suppress(BlockingIOError):
            del self.waiting[: self.connection.send(self.waiting)]


class Relay:
    """Carries the connections of the socket at `path` to the host that asked for this kernel.

    Args:
        kernel: ipykernel's.
        folder: a private one, for the socket.
        visit: a name that the words of no other host have.
    """

    def __init__(self, kernel: Any, folder: str, visit: str) -> None:
        self.visit = visit
        self.path = os.path.join(folder, "link")  # noqa: PTH118 - as text
        self._session, self._stdin = kernel.session, kernel.stdin_socket
        self._to = kernel._get_shell_context_var(kernel._shell_parent_ident)
        self._parent = kernel.get_parent("shell")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen(64)
        self._locals, self._numbers = dict[int, _Local](), 0
        self._sent = self._taken = 0
        self._heard, self._over = time.monotonic(), False
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Carry no more, and let go of the channel."""
        self._over = True
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._over and time.monotonic() - self._heard < _SILENCE:
                ready = self._poll()
                if self._listener.fileno() in ready:
                    self._accept()
                for local in tuple(self._locals.values()):
                    self._serve(local, ready.get(local.connection.fileno(), 0))
                self._hear()
        finally:
            for local in tuple(self._locals.values()):
                local.connection.close()
            self._listener.close()

    def _poll(self) -> dict[int, int]:
        """What is ready, by descriptor."""
        poll = select.poll()
        poll.register(self._stdin.fd, select.POLLIN)
        poll.register(self._listener, select.POLLIN)
        for local in self._locals.values():
            wanted = select.POLLIN if self._sent - self._taken < _ROOM else 0
            wanted |= select.POLLOUT if local.waiting else 0
            poll.register(local.connection, wanted)
        if self._stdin.getsockopt(zmq.EVENTS) & zmq.POLLIN:  # its descriptor tells of changes only
            return dict(poll.poll(0))
        return dict(poll.poll(1000))

    def _accept(self) -> None:
        self._numbers += 1
        local = _Local(self._numbers, self._listener.accept()[0])
        self._locals[local.number] = local
        self._say({"of": local.number, "open": True})

    def _serve(self, local: _Local, ready: int) -> None:
        try:
            if ready & select.POLLOUT:
                local.write(b"")
            if ready & (select.POLLIN | select.POLLHUP | select.POLLERR):
                data = local.connection.recv(_PIECE)
                if not data:
                    raise ConnectionResetError
                self._say({"of": local.number, "data": base64.b64encode(data).decode()})
        except BlockingIOError:
            pass
        except OSError:
            self._say({"of": local.number, "closed": True})
            self._close(local)

    def _close(self, local: _Local) -> None:
        del self._locals[local.number]
        local.connection.close()

    def _say(self, word: dict[str, Any]) -> None:
        self._sent += 1
        prompt = json.dumps(word | {"visit": self.visit})
        content = {"prompt": prompt, "password": False}
        self._session.send(self._stdin, "input_request", content, self._parent, ident=self._to)

    def _hear(self) -> None:
        while self._stdin.getsockopt(zmq.EVENTS) & zmq.POLLIN:
            _, message = self._session.recv(self._stdin)
            with contextlib.suppress(ValueError, KeyError, TypeError):  # some other client's reply
                self._take(json.loads(message["content"]["value"]))

    def _take(self, word: dict[str, Any]) -> None:
        if word["visit"] != self.visit:
            return
        self._heard = time.monotonic()
        self._taken = max(self._taken, int(word.get("taken", 0)))
        self._over = self._over or "bye" in word
        local = self._locals.get(word.get("to", 0))
        if local is None:
            return
        if "close" in word:
            self._close(local)
            return
        with contextlib.suppress(OSError):  # it has gone; that is told when it is read
            local.write(base64.b64decode(word["data"]))
