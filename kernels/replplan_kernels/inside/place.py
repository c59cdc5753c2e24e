"""Where a forked kernel finds itself, when it is wanted."""

from __future__ import annotations

import os
from typing import Any


def settle(app: Any, request: dict[str, Any]) -> None:
    """Go to the working folder, which is home as well: the user's own home is not to be seen.

    Args:
        app: the kernel's application.
        request: what it was started with; `walls.folder` is the working folder.
    """
    folder = request["walls"]["folder"]
    os.chdir(folder)
    if request["level"] != "none":
        os.environ["HOME"] = folder
