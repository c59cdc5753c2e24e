"""Tools of servers of the protocol, as functions that the cells of a plan may call."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import shlex
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import IO, TYPE_CHECKING, Any

from replplan.errors import ConfigError
from replplan.extras import require
from replplan.for_mcp.schema import identifier, parameters_of, type_of
from replplan.record import Json
from replplan.tools import OURS

if TYPE_CHECKING:
    from mcp import Client
    from mcp.types import CallToolResult
    from mcp.types import Tool as Described

Function = Callable[..., Any]
Server = Any
"""A command with its arguments, an address that begins with http, or what `mcp.Client` takes."""

_PATIENCE = 60.0
"""Seconds that a server has to start in and to name its tools."""


@asynccontextmanager
async def open_tools(servers: Sequence[Server] | Server) -> AsyncIterator[list[Function]]:
    """The tools of these servers, for as long as the block lasts.

    Raises:
        ConfigError: a server does not start or answer, or the extra `mcp` is not installed.
    """
    listed = [servers] if isinstance(servers, str) else list(servers)
    if listed:
        require("mcp", "mcp")
    functions: dict[str, Function] = {}
    async with AsyncExitStack() as stack:
        for server in listed:
            connection = _Connection(server)
            stack.push_async_callback(connection.close)
            for function in await connection.open(functions):
                functions[function.__name__] = function
        yield list(functions.values())


class _Connection:
    """One server. A task of its own holds it: the SDK wants it closed where it was opened."""

    def __init__(self, server: Server) -> None:
        self._server, self._end = server, asyncio.Event()
        self._log: IO[str] = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115
        self._functions: asyncio.Future[list[Function]]
        self._task: asyncio.Task[None] | None = None

    async def open(self, taken: dict[str, Function]) -> list[Function]:
        """Connect, and make functions of its tools under names that are not taken.

        Raises:
            ConfigError: it does not start or answer.
        """
        self._functions = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._hold(taken))
        try:
            return await asyncio.wait_for(asyncio.shield(self._functions), _PATIENCE)
        except TimeoutError:
            raise ConfigError(
                f"the MCP server {self._name} has not answered for {_PATIENCE:.0f} seconds"
            ) from None

    async def _hold(self, taken: dict[str, Function]) -> None:
        from mcp import Client

        try:
            async with Client(self._transport()) as client:
                functions = await _functions_of(client, taken)
                self._functions.set_result(functions)
                await self._end.wait()
        except Exception as error:
            if self._functions.done():
                raise
            self._functions.set_exception(
                ConfigError(f"the MCP server {self._name} does not work: {self._why(error)}")
            )

    async def close(self) -> None:
        """End it, and wait for its end; a server that broke has said so to its callers."""
        self._end.set()
        if self._task is not None:
            if not self._functions.done():
                self._task.cancel()
            await asyncio.wait([self._task])
            with contextlib.suppress(asyncio.CancelledError):
                self._task.exception()
            if self._functions.done() and not self._functions.cancelled():
                self._functions.exception()
        self._log.close()

    @property
    def _name(self) -> str:
        return self._server if isinstance(self._server, str) else type(self._server).__name__

    def _transport(self) -> Any:
        """What the SDK is to connect to."""
        from mcp import StdioServerParameters, stdio_client

        server = self._server
        if isinstance(server, str) and not server.startswith(("http://", "https://")):
            words = shlex.split(server)
            if not words:
                raise ConfigError("give the command that starts it")
            server = StdioServerParameters(command=words[0], args=words[1:])
        if isinstance(server, StdioServerParameters):
            return stdio_client(server, errlog=self._log)  # type: ignore[arg-type]
        return server

    def _why(self, error: BaseException) -> str:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        self._log.seek(0)
        said = self._log.read().strip().splitlines()
        return f"{str(error) or type(error).__name__}{f' ({said[-1]})' if said else ''}"


async def _functions_of(client: Client, taken: dict[str, Function]) -> list[Function]:
    made: dict[str, Function] = {}
    info = getattr(client, "server_info", None)
    prefix = identifier(getattr(info, "name", None) or "mcp")
    async for tool in _listed(client):
        name = identifier(tool.name)
        if name in OURS or name in taken or name in made:
            name = f"{prefix}_{name}"
        made[name] = as_function(client, tool, name)
    return list(made.values())


async def _listed(client: Client) -> AsyncIterator[Described]:
    cursor: str | None = None
    while True:
        page = await client.list_tools(cursor=cursor)
        for tool in page.tools:
            yield tool
        cursor = page.next_cursor
        if not cursor:
            return


def as_function(client: Client, tool: Described, name: str) -> Function:
    """A tool as an async function with a signature of its own, such as cells are told of."""
    parameters = parameters_of(tool.input_schema)
    names = {parameter.name: wire for wire, parameter in parameters.items()}
    returns, wrapped = _returns(tool.output_schema)

    async def call(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs).arguments
        sent = {names[n]: v for n, v in given.items() if v is not signature.parameters[n].default}
        return _value(await client.call_tool(tool.name, sent), wrapped)

    signature = inspect.Signature(list(parameters.values()), return_annotation=returns)
    call.__name__ = call.__qualname__ = name
    call.__doc__ = tool.description or tool.title or ""
    call.__annotations__ = {p.name: p.annotation for p in parameters.values()} | {"return": returns}
    call.__signature__ = signature  # type: ignore[attr-defined]
    return call


def _returns(schema: dict[str, Any] | None) -> tuple[Any, bool]:
    """What a tool returns, and whether it comes as the one field `result` of an object, as servers
    send what is no object by itself."""
    if not schema:
        return str, False
    properties = schema.get("properties") or {}
    if list(properties) == ["result"]:
        return type_of(properties["result"], schema), True
    return type_of(schema, schema), False


def _value(result: CallToolResult, wrapped: bool) -> Json:
    """What came of a call.

    Raises:
        RuntimeError: the tool failed; the message is its own.
    """
    texts = [text for part in result.content if (text := getattr(part, "text", None)) is not None]
    if result.is_error:
        raise RuntimeError("\n".join(texts) or "the tool failed and did not say why")
    if (structured := result.structured_content) is not None:
        return structured["result"] if wrapped else structured
    if len(texts) == len(result.content):
        return "\n".join(texts)
    return [part.model_dump(mode="json", exclude_none=True) for part in result.content]
