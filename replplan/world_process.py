"""The process in which an environment runs: `python -m replplan.world_process`.

It reads one pickled start message from the host that started it, then a JSON line for each
request, and answers each with a JSON line. It leaves when its standard input ends, so that it
does not outlive its host.
"""

from __future__ import annotations

import json
import os
import pickle
import struct
import sys
from typing import IO, Any

from replplan.domain import Environment
from replplan.errors import ReplplanError


def serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    """Open the world that the start message names, and answer requests to their end."""

    def reply(**message: Any) -> None:
        replies.write(json.dumps(message).encode() + b"\n")
        replies.flush()

    try:
        environment = _start(requests)
        reply(value=None)
        for line in requests:
            reply(value=_handle(environment, json.loads(line)))
        environment.close()
    except Exception as e:  # noqa: BLE001 whatever a world raises is told to the host
        sentence = str(e) if isinstance(e, ReplplanError) else f"{type(e).__name__}: {e}"
        reply(error=f"the world failed: {sentence}")


def _start(requests: IO[bytes]) -> Environment:
    (size,) = struct.unpack("!I", requests.read(4))
    start = pickle.loads(requests.read(size))  # noqa: S301 the host's own words
    sys.path[:] = start["path"]
    domain = pickle.loads(start["domain"])  # noqa: S301
    environment: Environment = domain.open(start["task"])
    return environment


def _handle(environment: Environment, request: dict[str, Any]) -> Any:
    if "reset" in request:
        return environment.reset()
    return environment.step(request["step"]).model_dump(mode="json")


def main() -> None:
    """Serve on the standard streams; what a world prints goes to standard error."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
