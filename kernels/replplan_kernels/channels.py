"""The channels of a Jupyter kernel, over whatever they are reached."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from jupyter_client.asynchronous.client import AsyncKernelClient

Message = dict[str, Any]
Channel = Literal["shell", "iopub", "stdin", "control"]

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


class ZmqChannels:
    """Those of jupyter_client, which are started already."""

    def __init__(self, client: AsyncKernelClient) -> None:
        self.client: Any = client
        self._session = self.client.session

    def message(self, kind: str, content: dict[str, Any]) -> Message:
        """See `Channels`."""
        message: Message = self._session.msg(kind, content)
        return message

    async def send(self, channel: Channel, message: Message) -> None:
        """See `Channels`."""
        # Not session.send: it goes through a shadow of the socket, which swallows its readiness.
        await self._socket(channel).send_multipart(self._session.serialize(message))

    async def receive(self, channel: Channel) -> Message:
        """See `Channels`."""
        while True:
            parts = await self._socket(channel).recv_multipart()
            try:  # a cell has the key, so it can send us anything
                said = self._session.deserialize(self._session.feed_identities(parts)[1])
            except _NO_MESSAGE:
                continue
            if isinstance(said, dict):
                return said

    def subscribe_anew(self) -> None:
        """Say once more that the kernel's output is wanted, to be welcomed again."""
        output = self._socket("iopub")
        output.unsubscribe(b"")
        output.subscribe(b"")

    def _socket(self, channel: Channel) -> Any:
        return getattr(self.client, f"{channel}_channel").socket

    async def close(self) -> None:
        """See `Channels`."""
        self.client.stop_channels()
