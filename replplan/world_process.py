"""The process in which environments run: `python -m replplan.world_process`.

It reads one pickled start message from the host that started it, then a JSON line for each
request, which names the environment by a number, and answers each with a JSON line. It leaves when
its standard input ends, so that it does not outlive its host.
"""

from __future__ import annotations

import json
import os
import pickle
import struct
import sys
from typing import IO, Any

from replplan.domain import Domain, Environment, Task
from replplan.errors import ReplplanError


def serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    """Take the domain that the start message holds, and answer requests to their end."""

    def reply(**message: Any) -> None:
        replies.write(json.dumps(message).encode() + b"\n")
        replies.flush()

    worlds: dict[int, Environment] = {}
    try:
        domain = _start(requests)
        reply(value=None)
    except Exception as e:  # noqa: BLE001 whatever a domain raises is told to the host
        reply(error=sentence(e))
        return
    for line in requests:
        try:
            reply(value=_handle(domain, worlds, json.loads(line)))
        except Exception as e:  # noqa: BLE001 the same of its worlds
            reply(error=sentence(e))
    for world in worlds.values():
        world.close()


def sentence(error: Exception) -> str:
    """What is said of what a world raised."""
    said = str(error) if isinstance(error, ReplplanError) else f"{type(error).__name__}: {error}"
    return f"the world failed: {said}"


def _start(requests: IO[bytes]) -> Domain:
    (size,) = struct.unpack("!I", requests.read(4))
    start = pickle.loads(requests.read(size))  # noqa: S301 the host's own words
    sys.path[:] = start["path"]
    domain: Domain = pickle.loads(start["domain"])  # noqa: S301
    return domain


def _handle(domain: Domain, worlds: dict[int, Environment], request: dict[str, Any]) -> Any:
    number = request["world"]
    if "open" in request:
        worlds[number] = domain.open(Task.model_validate(request["open"]))
        return None
    if "close" in request:
        return worlds.pop(number).close()
    if "reset" in request:
        return worlds[number].reset()
    return worlds[number].step(request["step"]).model_dump(mode="json")


def main() -> None:
    """Serve on the standard streams; what a world prints goes to standard error."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
