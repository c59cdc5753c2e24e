"""What `plan` takes beside the goal, and what is wrong with it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from replplan.api.approve import Approve
from replplan.errors import ConfigError
from replplan.events import Sink
from replplan.hint import did_you_mean
from replplan.kernel import Kernel, KernelOptions
from replplan.limits import Limits
from replplan.model import Model
from replplan.mount import Mount

if TYPE_CHECKING:
    from replplan.domain import Domain
    from replplan.goal import GoalDomain
    from replplan.pool import Pool


class PlanOptions(TypedDict, total=False):
    """What `plan` takes beside the goal; every one has a default.

    Attributes:
        files: files that the cells may read.
        tools: functions that the cells may call. Name, signature and docstring are what the model
            is told. They run in this process, sync ones in a thread of their own, async ones in
            the plan's event loop; see `tool` for those that are to run in the kernel.
        mcp: servers of the Model Context Protocol, whose tools the cells may call as functions: a
            command, an address that begins with http, or what `mcp.Client` takes. Commands run
            as you do, outside of the kernel (extra `mcp`).
        values: what cells find bound, by name: copies, in the kernel.
        answer_type: the type of the answer, any that pydantic can validate. A model whose answer
            is of another is told why and answers again.
        instructions: what the model is told beside the goal.
        demos: a folder of demonstrations, `<REPL name>/*.ipynb`, or several; they count before
            those of the project and the user.
        model: "local", "local-base", "replay:TRACE", a name that the endpoint serves, or a Model.
        base_url: the endpoint, else OPENAI_BASE_URL, else OpenAI's own.
        api_key: its key, else OPENAI_API_KEY.
        params: parameters of every request to it, such as `{"temperature": 0}`.
        limits: what the plan may spend.
        seed: given to the model with every request.
        isolation: "auto" or "none".
        mounts: folders that cells see at their own places, `DIR` or `DIR:rw` to be changed.
        network: whether cells can use the network.
        kernel: a live kernel, whose state is then shared; or an installed kernelspec by its name,
            whose Python the cells then have.
        on_event: is told every event. What it raises ends the plan and is raised by it.
        approve: is shown every cell before it runs: True, and it does; other code, and that does;
            False or `Refuse("why")`, and it does not. The model is told what came of it. May be
            async; otherwise it has a thread of its own.
        trace: where the trace is written; a fresh file in the platform's folder by default.
        resume: the trace of a plan that broke off, to go on with: the same goal, files and tools;
            its limits are the trace's where none are given.
    """

    files: Sequence[Path | str]
    tools: Sequence[Callable[..., Any]]
    mcp: Sequence[Any] | str
    values: Mapping[str, Any]
    answer_type: Any
    instructions: str
    demos: Path | str | Sequence[Path | str]
    model: str | Model | None
    base_url: str | None
    api_key: str | None
    params: Mapping[str, Any]
    limits: Limits
    seed: int
    isolation: Literal["auto", "none"]
    mounts: Sequence[Mount | Path | str]
    network: bool
    kernel: Kernel | str | None
    on_event: Sink
    approve: Approve
    trace: Path | str
    resume: Path | str


OF_KERNEL = ("isolation", "mounts", "network")
"""The options that a kernel is opened with."""

OF_MODEL = ("model", "base_url", "api_key", "params")
"""The options that say which model it is."""


def check_options(options: PlanOptions) -> None:
    """See what is wrong with options before anything is started.

    Raises:
        ConfigError: one is not known, or not of the kind that it should be.
    """
    for name in options:
        if name not in PlanOptions.__annotations__:
            hint = did_you_mean(name, PlanOptions.__annotations__)
            raise ConfigError(f"a plan has no option {name!r}{hint}")
    model = options.get("model")
    if not (model is None or isinstance(model, str) or hasattr(model, "complete")):
        raise ConfigError(
            f'model is a name, such as "local" or "gpt-5-mini", or a Model, not {model!r}'
        )
    if not isinstance(options.get("limits", Limits()), Limits):
        raise ConfigError("limits is what a plan may spend, such as Limits(seconds=60)")
    _check_mapping("values", options.get("values", {}), '{"df": df}')
    _check_mapping("params", options.get("params", {}), '{"temperature": 0}')
    on_event = options.get("on_event")
    if on_event is not None and (not callable(on_event) or inspect.iscoroutinefunction(on_event)):
        raise ConfigError("on_event is a plain function of one event: it is called, not awaited")
    if not callable(options.get("approve", print)):
        raise ConfigError("approve is a function of a cell that is to run: see replplan.Proposal")
    if options.get("isolation", "auto") not in ("auto", "none"):
        raise ConfigError(f"isolation is 'auto' or 'none', not {options['isolation']!r}")
    if live_kernel(options) and (given := [n for n in OF_KERNEL if n in options]):
        raise ConfigError(f"the kernel is open already: {given[0]} was for when it was opened")


def _check_mapping(name: str, given: object, such: str) -> None:
    if not isinstance(given, Mapping):
        raise ConfigError(f"{name} is a dict from names to values, such as {such}.")


def check_goal(goal: object) -> None:
    """See to it that there is a goal.

    Raises:
        ConfigError: there is none.
    """
    if not isinstance(goal, str) or not goal.strip():
        raise ConfigError("a plan needs a goal: say in words what is to be done or found out")


def live_kernel(options: PlanOptions) -> Kernel | None:
    """The live kernel that was given, if one was."""
    given = options.get("kernel")
    return None if given is None or isinstance(given, str) else given


def kernel_options(options: PlanOptions) -> KernelOptions:
    """How the kernel is to be opened."""
    mounts, given = options.get("mounts", ()), options.get("kernel")
    return KernelOptions(
        isolation=options.get("isolation", "auto"),
        mounts=tuple(m if isinstance(m, Mount) else Mount.parse(str(m)) for m in mounts),
        network=options.get("network", False),
        kernel=given if isinstance(given, str) else None,
    )


def make_domain(goal: str, options: PlanOptions) -> GoalDomain:
    """The domain of the goal: files, functions, values, the type of its answer.

    Raises:
        ConfigError: one of these is wrong.
    """
    from replplan.plugins import goal_domain

    files, tools = options.get("files", ()), options.get("tools", ())
    domain = goal_domain()(goal=goal, files=files, tools=tools)
    domain.furnish(
        values=options.get("values"),
        answer_type=options.get("answer_type"),
        instructions=options.get("instructions", ""),
    )
    return domain


def make_pool(options: PlanOptions, domain: Domain) -> Pool:
    """The demonstrations: those that were given before those that are there anyway.

    Raises:
        ConfigError: a folder is not there.
    """
    from replplan.pool import Pool
    from replplan.pool.places import domain_pool

    given = options.get("demos", ())
    folders = [Path(f) for f in ([given] if isinstance(given, str | Path) else given)]
    for folder in folders:
        if not folder.is_dir():
            raise ConfigError(
                f"there is no folder {folder} of demonstrations: give one that holds <REPL name>/"
                "*.ipynb, such as replplan keep writes"
            )
    return Pool((*folders, *domain_pool(domain).folders), domain.name)
