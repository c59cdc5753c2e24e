"""A server of the Model Context Protocol for tests: a small shop, whose key stays in it."""

from __future__ import annotations

import sys
from typing import Literal

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel

KEY = "sk-canary-of-the-shop"
server = MCPServer("shop", log_level="WARNING")


class Good(BaseModel):
    name: str
    price: float


@server.tool()
def goods(
    kind: Literal["fruit", "tool"], most: int | None = None, tags: tuple[str, ...] = ()
) -> list[Good]:
    """The goods of a kind, the cheapest first."""
    assert KEY
    found = [Good(name="fig", price=0.5), Good(name="melon", price=2.0)] if kind == "fruit" else []
    return found[:most]


@server.tool()
def buy(name: str) -> str:
    """Buy something."""
    if name != "fig":
        raise ToolError(f"{name} is sold out")
    return "bought fig"


@server.tool(name="ask")
def ask_shop(question: str) -> str:
    """Ask the shop."""
    return f"{question}? yes"


if __name__ == "__main__":
    if "--broken" in sys.argv:
        sys.exit("the shop has no licence")
    server.run("stdio")
