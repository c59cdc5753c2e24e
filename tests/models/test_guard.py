"""The guard that keeps tests off the network, and the home that keeps them off the user's files."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest
from guard import NetworkRefused

OUTSIDE = "192.0.2.1"  # TEST-NET-1: nobody's address


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_connection_to_elsewhere_is_refused(family: socket.AddressFamily) -> None:
    host = OUTSIDE if family == socket.AF_INET else "2001:db8::1"
    with socket.socket(family) as s, pytest.raises(NetworkRefused, match=host):
        s.connect((host, 80))
    with socket.socket(family) as s, pytest.raises(NetworkRefused):
        s.connect_ex((host, 80))


def test_a_datagram_to_elsewhere_is_refused() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as s, pytest.raises(NetworkRefused):
        s.sendto(b"?", (OUTSIDE, 53))


def test_names_of_elsewhere_are_not_looked_up() -> None:
    with pytest.raises(NetworkRefused, match=r"example\.org"):
        socket.getaddrinfo("example.org", 443)
    with pytest.raises(NetworkRefused):
        socket.gethostbyname("example.org")


async def test_asyncio_is_guarded_too() -> None:
    with pytest.raises(NetworkRefused):
        await asyncio.open_connection(OUTSIDE, 80)


def test_loopback_and_unix_sockets_are_free(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))


def test_home_is_empty_and_keys_are_gone() -> None:
    assert not [name for name in os.environ if name.startswith("OPENAI_")]
    assert "pytest" in str(Path.home())
    import platformdirs

    assert platformdirs.user_cache_path("replplan").is_relative_to(Path.home())
