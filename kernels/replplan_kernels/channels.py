"""The channels of a Jupyter kernel, over whatever they are reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol, Self

import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from zmq import ZMQError

from replplan.errors import KernelError

Message = dict[str, Any]
Channel = Literal["shell", "iopub", "stdin", "control"]

_LARGEST = 128 << 20
"""Bytes that a part of a message may have."""

_NO_MESSAGE = (ValueError, KeyError, TypeError, AttributeError, IndexError)


class Channels(Protocol):
    """A kernel's channels, from a client's side."""

    def message(self, kind: str, content: dict[str, Any]) -> Message:
        """A message of ours, with a header of its own."""
        ...

    async def send(self, channel: Channel, message: Message) -> None:
        """Send a message."""
        ...

    async def receive(self, channel: Channel) -> Message:
        """Wait for the next message; what is none is dropped."""
        ...

    async def close(self) -> None:
        """Let go of the kernel, and leave it as it is."""
        ...


class SocketContext(zmq.asyncio.Context):
    """The one that all kernels' sockets of this process have in common.

    One each would take two threads and five descriptors more for every kernel.
    """

    _instance = None

    @classmethod
    def instance(cls, io_threads: int = 1) -> Self:
        """It; another in a fork of the process."""
        found = super().instance(io_threads)
        found.rcvhwm = 0  # a slow reader loses nothing
        found.maxmsgsize = _LARGEST  # and who sends more is hung up on, before there is room for it
        return found


class ZmqChannels:
    """Those of a kernel that jupyter_client reaches by sockets.

    Args:
        client: knows where the kernel is.
        sockets: of the channels that are used.
    """

    def __init__(self, client: AsyncKernelClient, sockets: Mapping[Channel, Any]) -> None:
        self._session: Any = client.session
        self._sockets = sockets
        self._watch: Any = None

    @classmethod
    def connected(cls, client: AsyncKernelClient, *names: Channel) -> Self:
        """Connect these channels.

        Raises:
            KernelError: there are no sockets for them.
        """
        session: Any = client.session
        sockets = dict[Channel, Any]()
        try:
            for name in names:
                sockets[name] = getattr(client, f"connect_{name}")(identity=session.bsession)
        except ZMQError as error:
            for opened in sockets.values():
                opened.close(linger=0)
            raise KernelError(f"the kernel cannot be reached: {error}") from error
        return cls(client, sockets)

    def message(self, kind: str, content: dict[str, Any]) -> Message:
        """See `Channels`."""
        message: Message = self._session.msg(kind, content)
        return message

    async def send(self, channel: Channel, message: Message) -> None:
        """See `Channels`."""
        # Not session.send: it goes through a shadow of the socket, which swallows its readiness.
        await self._sockets[channel].send_multipart(self._session.serialize(message))

    async def receive(self, channel: Channel) -> Message:
        """See `Channels`."""
        while True:
            parts = await self._sockets[channel].recv_multipart()
            try:  # a cell has the key, so it can send us anything
                said = self._session.deserialize(self._session.feed_identities(parts)[1])
            except _NO_MESSAGE:
                continue
            if isinstance(said, dict):
                return said

    def subscribe_anew(self) -> None:
        """Say once more that the kernel's output is wanted, to be welcomed again."""
        output = self._sockets["iopub"]
        output.unsubscribe(b"")
        output.subscribe(b"")

    def ends(self, events: int) -> Any:
        """A socket that tells of such events of the shell channel's connection."""
        self._watch = self._sockets["shell"].get_monitor_socket(events)
        return self._watch

    async def close(self) -> None:
        """See `Channels`."""
        if self._watch is not None and not self._watch.closed:
            # The telling ends first: told to a closed socket, an event would hold up the thread of
            # libzmq for good, and with it the sockets of all kernels.
            self._sockets["shell"].disable_monitor()
            self._watch.close(linger=0)
        for opened in self._sockets.values():
            opened.close(linger=0)
