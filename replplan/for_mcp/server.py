"""The server's tools and resources. Imported where the SDK is known to be installed."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.server.mcpserver.resources import FunctionResource
from pydantic import Field

from replplan.episode import EpisodeResult
from replplan.errors import ConfigError, ReplplanError
from replplan.for_mcp.desk import SCHEME, Desk, Outcome, PlanLimits, worldly
from replplan.for_mcp.explain import explain
from replplan.for_mcp.progress import reported
from replplan.task_choice import choose_task
from replplan.threads import in_thread

T = TypeVar("T")

_LISTED = 100
_KIND = "application/jsonl"
_INSTRUCTIONS = """\
replplan has a language model of its own plan in a live Python kernel. Give `plan` one goal in
plain words, with the files that it is about; it writes and repairs code until it has an answer. A
plan can take minutes: it reports progress, and a cancelled request ends it. `explain_run` tells
what a plan did and where it went wrong."""

_Limits = Annotated[
    PlanLimits | None, Field(description="what the plan may spend, within the server's own limits")
]


class Tools:
    """The tools, at one desk. Their docstrings are what an agent is told."""

    def __init__(self, desk: Desk, server: MCPServer[Any]) -> None:
        self._desk, self._server = desk, server

    async def plan(
        self,
        goal: Annotated[str, Field(description="what is to be done or found out, in words")],
        context: Context[Any, Any],
        files: Annotated[
            list[str], Field(description="paths of files that the plan may read, on the server")
        ] = [],  # noqa: B006 a schema's default
        limits: _Limits = None,
    ) -> Outcome:
        """Find something out, or work something out, by planning in a live Python kernel.

        The plan sees the goal and the files alone: say in the goal all that it needs to know.
        """
        given = limits or PlanLimits()
        try:
            result = await reported(context, lambda sink: self._desk.plan(goal, files, given, sink))
        except ReplplanError as error:
            raise ToolError(str(error)) from error
        return await self._outcome(result, context)

    async def plan_in_domain(
        self,
        domain: Annotated[str, Field(description="such as alfworld or webshop")],
        context: Context[Any, Any],
        task: Annotated[
            str | None, Field(description="a task's id, or its number in the split")
        ] = None,
        split: Annotated[str | None, Field(description="a set of tasks")] = None,
        seed: Annotated[int, Field(description="picks the task where none is named")] = 0,
        limits: _Limits = None,
    ) -> Outcome:
        """Do a task in one of the worlds that are installed, and score it."""
        given = limits or PlanLimits()
        try:
            world = await in_thread(lambda: worldly(domain))
            chosen = await in_thread(lambda: choose_task(world, split, task, seed))
            result = await reported(
                context, lambda sink: self._desk.plan_in_domain(world, chosen, seed, given, sink)
            )
        except ReplplanError as error:
            raise ToolError(str(error)) from error
        return await self._outcome(result, context)

    async def explain_run(
        self,
        run: Annotated[
            str,
            Field(
                description="the trace of a plan, as `plan` names it, or the path of a trace or of"
                " the folder of a run on the server"
            ),
        ],
    ) -> str:
        """Tell what a plan did: how it ended, where it stumbled, its cells and what came of them.

        Of the folder of a run it tells the success rates, costs and failures.
        """
        try:
            return await in_thread(lambda: explain(self._find(run)))
        except ReplplanError as error:
            raise ToolError(str(error)) from error

    def _find(self, run: str) -> Any:
        try:
            return self._desk.trace(run)
        except ConfigError:
            if run.startswith(SCHEME) or not (path := self._desk.reachable(run)).exists():
                raise
            return path

    async def _outcome(self, result: EpisodeResult, context: Context[Any, Any]) -> Outcome:
        outcome = Outcome.of(result)
        list_trace(self._server, self._desk, outcome.trace.removeprefix(SCHEME))
        await context.notify_resources_changed()
        return outcome


def list_trace(server: MCPServer[Any], desk: Desk, name: str) -> None:
    """Have the server list a trace among its resources."""
    server.add_resource(
        FunctionResource(
            uri=SCHEME + name,
            name=name,
            description="every event of a plan, one JSON object a line",
            mime_type=_KIND,
            fn=lambda: _read(desk, name),
        )
    )


def _read(desk: Desk, name: str) -> str:
    try:
        return desk.trace(name).read_text(encoding="utf-8")
    except ConfigError as error:
        raise ResourceNotFoundError(str(error)) from error


def make_server(desk: Desk) -> MCPServer[Any]:
    """The server of a desk, for any transport."""
    server: MCPServer[Any] = MCPServer(
        "replplan",
        title="replplan",
        instructions=_INSTRUCTIONS,
        version=importlib.metadata.version("replplan"),
        log_level="WARNING",
    )
    tools = Tools(desk, server)
    offered: tuple[Callable[..., Any], ...] = (tools.plan, tools.plan_in_domain, tools.explain_run)
    for tool in offered:
        server.add_tool(tool)

    @server.resource(SCHEME + "{name}", mime_type=_KIND, name="trace")
    def trace(name: str) -> str:
        """Every event of a plan, one JSON object a line."""
        return _read(desk, name)

    for path in desk.kept()[:_LISTED]:
        list_trace(server, desk, path.name)
    return server
