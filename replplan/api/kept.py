"""What a planner keeps from one plan to the next: a kernel, models, servers of tools."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

from replplan.api.options import OF_MODEL, PlanOptions, live_kernel
from replplan.errors import KernelDied, KernelError
from replplan.goal import GoalDomain
from replplan.kernel import Kernel, KernelOptions
from replplan.model import Model
from replplan.models import make_model
from replplan.plugins import kernel_opener
from replplan.tools import check_tools

FRESH = "the planner's kernel has ended, and with it all variables: the next plan has a fresh one"

log = logging.getLogger(__name__)

_TURNS: WeakKeyDictionary[Kernel, asyncio.Lock] = WeakKeyDictionary()
"""Plans in one kernel take turns, and none of them spends its time on waiting."""


class Kept:
    """All is opened by the first plan that wants it, and closed together.

    Args:
        options: the planner's own; a live kernel among them stays open.
    """

    def __init__(self, options: PlanOptions) -> None:
        self._values: Mapping[str, Any] = options.get("values", {})
        self._kernel = live_kernel(options)
        self._stack = AsyncExitStack()
        self._opening, self._connecting = asyncio.Lock(), asyncio.Lock()
        self._tools: dict[str, list[Callable[..., Any]]] = {}
        self._models: dict[str, Model] = {}
        self._is_ours, self._bound = self._kernel is None, False

    async def close(self) -> None:
        """End the kernel, the models and the servers, but for what the user had opened."""
        await self._stack.aclose()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until no other plan works in the kernel, and have none that has ended."""
        lock = self._opening
        if self._kernel is not None:
            lock = _TURNS.setdefault(self._kernel, lock)
        async with lock:
            if self._kernel is not None and self._is_ours:
                await self._give_up_if_dead(self._kernel)
            yield

    async def _give_up_if_dead(self, kernel: Kernel) -> None:
        try:
            async with kernel.lend(KernelOptions()):
                return
        except KernelDied:
            log.warning(FRESH)
        except KernelError:  # of what else is in the way the plan tells
            return
        await kernel.close()
        self._kernel, self._bound = None, False

    @asynccontextmanager
    async def lend(self, options: KernelOptions, domain: GoalDomain) -> AsyncIterator[Kernel]:
        """The kernel for one plan, whose domain is told of the variables in it.

        Raises:
            KernelError: it does not start, or cannot be lent.
            ConfigError: a value or a file does not get into it.
        """
        if self._kernel is None:
            self._kernel = await self._stack.enter_async_context(kernel_opener()(_bare(options)))
        async with self._kernel.lend(options) as variables:
            domain.variables, self._bound = variables, True
            yield self._kernel

    def values(self, options: PlanOptions) -> dict[str, Any]:
        """The values that a plan brings into the kernel: the planner's own only where it does not
        have them yet, for later they may have been changed by cells."""
        given = options.get("values", {})
        own = {} if self._bound else self._values
        return {**own, **({} if given is self._values else given)}

    def model(self, options: PlanOptions) -> Model:
        """The model that a plan names, which is kept; one that was given stays the user's.

        Raises:
            ConfigError: there is none of that name.
        """
        given = options.get("model")
        if given is not None and not isinstance(given, str):
            return given
        named = repr([options.get(name) for name in OF_MODEL])
        if named not in self._models:
            url, key = options.get("base_url"), options.get("api_key")
            model = make_model(given, url, key, params=options.get("params"))
            self._models[named] = model
            self._stack.push_async_callback(model.close)
        return self._models[named]

    async def tools(self, options: PlanOptions) -> list[Callable[..., Any]]:
        """The functions that cells may call, the tools of servers among them.

        Raises:
            ConfigError: one is no function, the extra is not installed, a server does not answer.
        """
        # Here, as to the domain a string is the path of a file of functions.
        given = [*check_tools(options.get("tools", ()))]
        if not (servers := options.get("mcp")):
            return given
        from replplan.for_mcp.toolbox import open_tools

        async with self._connecting:
            key = repr(servers)
            if key not in self._tools:
                self._tools[key] = await self._stack.enter_async_context(open_tools(servers))
        return [*given, *self._tools[key]]


def _bare(options: KernelOptions) -> KernelOptions:
    """How a kernel is opened before it is lent."""
    return KernelOptions(
        files=options.files,
        mounts=options.mounts,
        network=options.network,
        isolation=options.isolation,
        kernel=options.kernel,
    )
