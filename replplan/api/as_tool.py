"""A plan as a tool of somebody else's agent: the schema of a tool call, and what answers it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack, cast

from replplan.api.options import PlanOptions, check_options
from replplan.api.planner import plan
from replplan.api.sync import run_in_thread
from replplan.errors import ConfigError, ReplplanError
from replplan.record import Json

_TOLD = """\
Find something out, or work something out, by planning in a live Python kernel: cells are written, \
run and repaired until there is an answer. Say in the goal all that is needed for it; nothing else \
of this conversation is known there."""


@dataclass(frozen=True)
class PlanTool:
    """A plan as a tool. Made by `as_tool`.

    Attributes:
        name: what the agent's model calls it by.
        description: what that model is told.
        files: the names of the files that it may hand over, by their paths here.
        options: those of every plan.
        done: is told the result of every plan, which the agent's model sees the answer of alone.
    """

    name: str
    description: str
    files: dict[str, Path]
    options: PlanOptions
    done: Callable[[Any], object] | None = None

    @property
    def schema(self) -> dict[str, Json]:
        """An entry for `tools=` of a chat-completions request."""
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters,
            "strict": True,
        }
        return {"type": "function", "function": function}

    @property
    def parameters(self) -> dict[str, Json]:
        """The arguments as a JSON schema that strict tool calls accept."""
        goal = {"type": "string", "description": "what is to be done or found out, in words"}
        properties: dict[str, Json] = {"goal": goal}
        if self.files:
            items = {"type": "string", "enum": list(self.files)}
            told = "files that the plan may read"
            properties["files"] = {"type": "array", "items": items, "description": told}
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }

    async def call(self, arguments: str | dict[str, Json] | None = None, **named: Json) -> str:
        """Answer a tool call.

        Args:
            arguments: as the model wrote them, in JSON or read already.
            named: the same by name, for frameworks that read them themselves.

        Returns:
            The content of the tool's message: JSON, with `answer` and `stop_reason`, or with
            `error` where the arguments do not fit or the plan failed: the model may mend them.
        """
        try:
            goal, files = self._read(named if arguments is None else arguments)
            given = cast("PlanOptions", {**self.options, **({"files": files} if files else {})})
            result = await plan(goal, **given)
        except ReplplanError as error:
            return json.dumps({"error": str(error)})
        if self.done:
            self.done(result)
        told = {"answer": result.answer, "stop_reason": result.stop_reason}
        return json.dumps(told | ({"error": result.error} if result.error else {}), default=_plain)

    def __call__(self, arguments: str | dict[str, Json] | None = None, **named: Json) -> str:
        """`call`, waited for: for frameworks that want a plain function."""
        return run_in_thread(lambda: self.call(arguments, **named))

    def _read(self, arguments: str | dict[str, Json]) -> tuple[str, list[Path]]:
        try:
            read = json.loads(arguments) if isinstance(arguments, str) else arguments
        except ValueError as error:
            raise ConfigError(f"the arguments are no JSON: {error}") from error
        if not isinstance(read, dict) or not isinstance(read.get("goal"), str):
            raise ConfigError(f'the arguments of {self.name} are {{"goal": "..."}}')
        given = read.get("files") or []
        names = given if isinstance(given, list) else [given]
        for name in names:
            if not isinstance(name, str) or name not in self.files:
                known = ", ".join(self.files) or "none"
                raise ConfigError(f"there is no file {name!r} to hand over; there are: {known}")
        return read["goal"], [self.files[name] for name in names]


def _plain(value: Any) -> Json:
    """An answer of a type that was asked for, as JSON."""
    from pydantic_core import to_jsonable_python

    return to_jsonable_python(value, fallback=repr)


def as_tool(
    name: str = "plan",
    *,
    description: str = _TOLD,
    done: Callable[[Any], object] | None = None,
    **options: Unpack[PlanOptions],
) -> PlanTool:
    """A plan as a tool of an agent that speaks the OpenAI tool-call schema.

        tool = as_tool(files=["sales.csv"], model="gpt-5-mini", limits=Limits(cost=0.10))
        reply = client.chat.completions.create(..., tools=[tool.schema])
        content = await tool.call(reply.choices[0].message.tool_calls[0].function.arguments)

    Args:
        name: what the agent's model calls it by.
        description: what that model is told.
        done: is told the result of every plan.
        options: see `PlanOptions`. The agent hands over `files` by name, as many as it wants.

    Raises:
        ConfigError: an option is wrong, or two files have one name.
    """
    check_options(options)
    files = options.pop("files", ())
    named = {Path(file).name: Path(file) for file in files}
    if len(named) < len(files):
        raise ConfigError("two files have one name: an agent hands them over by name, so rename")
    return PlanTool(name, description, named, options, done)
