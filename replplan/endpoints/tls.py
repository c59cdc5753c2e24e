"""The certificates that endpoints are checked by, read once: reading them takes long."""

from __future__ import annotations

import ssl
from functools import cache


@cache
def tls() -> ssl.SSLContext:
    """As the client's library makes it by default, for all clients of this process."""
    import httpx2  # comes with openai

    return httpx2.create_ssl_context()
