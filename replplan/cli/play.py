"""One episode under the eyes of a user."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import ExitStack, redirect_stdout, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import click

from replplan.cli.model import offer_weights
from replplan.cli.options import Settings
from replplan.config import new_trace_path
from replplan.console import view_for
from replplan.console.clean import one_line
from replplan.domain import Domain, Task
from replplan.episode import Episode, EpisodeResult
from replplan.errors import ConfigError
from replplan.events import Sink
from replplan.goal import GoalDomain
from replplan.model import Model
from replplan.models import EMBEDDED, make_model, read_params
from replplan.plugins import kernel_opener, screen
from replplan.resume import Resumable, resumed
from replplan.steering import Steering
from replplan.telemetry import Telling
from replplan.trace import TraceWriter


@dataclass(frozen=True)
class WatchedPlan:
    """One plan that is to be watched on a stream."""

    settings: Settings
    domain: Domain
    task: Task
    stream: TextIO
    resume: Resumable | None = None
    mcp: tuple[str, ...] = ()

    def make_model(self) -> Model:
        """The model that the flags name."""
        settings, adapters = self.settings, self.domain.adapters
        params = read_params(settings.param)
        return make_model(settings.model, settings.base_url, adapters=adapters, params=params)

    @property
    def telling(self) -> Telling:
        """Where a plan is told of beside its trace."""
        return Telling(endpoint=self.settings.otel, content=self.settings.otel_content)

    @property
    def tells_the_end(self) -> bool:
        """Whether the live view says how it ended where errors are looked for."""
        seen = self.stream is sys.stderr or self.stream.isatty()
        return seen and not self.settings.quiet and not self.settings.watch

    def make_trace_path(self) -> Path:
        """Where the trace goes: where the flags say, or a new file."""
        return self.settings.trace or new_trace_path(self.domain.name, self.task.id)

    def make_episode(
        self, model: Model, path: Path, sinks: tuple[Sink, ...], steering: Steering
    ) -> Episode:
        """The episode, from where it broke off if it is to be resumed.

        Raises:
            ConfigError: a flag is wrong.
        """
        settings = self.settings
        episode = Episode(
            domain=self.domain,
            task=self.task,
            model=model,
            open_kernel=kernel_opener(),
            planner=settings.make_planner(self.resume),
            limits=settings.make_limits(self.resume),
            seed=settings.seed,
            kernel=settings.make_kernel_options(),
            sinks=sinks,
            trace=str(path),
            steering=steering,
        )
        return _going_on(self, episode)


def play(what: WatchedPlan) -> EpisodeResult:
    """Run one episode under the eyes of the user.

    Raises:
        ReplplanError: something is missing or wrong.
        KeyboardInterrupt: it was interrupted; by then everything has been ended.
    """
    if what.settings.watch:
        return _play_on_screen(what)
    try:
        with redirect_stdout(sys.stderr):  # what functions of the user's print is no result
            return asyncio.run(_play(what))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def _play_on_screen(what: WatchedPlan) -> EpisodeResult:
    """Have the terminal app show it, and tell afterwards what came of it."""
    offer = what.settings.model in (None, *EMBEDDED) and sys.stdin.isatty()
    if offer:
        offer_weights()
    result: EpisodeResult | None = screen("plan")(what)
    if result is None:
        raise KeyboardInterrupt
    if not what.settings.json and result.trace:
        click.echo(f"trace: {one_line(result.trace, 4000)}", err=True)
    return result


async def _play(what: WatchedPlan) -> EpisodeResult:
    _cancel_on_signals()
    if not what.mcp:
        return await _run(what)
    from replplan.for_mcp.toolbox import open_tools

    async with open_tools(what.mcp) as functions:
        assert isinstance(what.domain, GoalDomain)
        what.domain.lend(functions)
        return await _run(what)


async def _run(what: WatchedPlan) -> EpisodeResult:
    settings = what.settings
    settings.make_planner(what.resume)
    model = what.make_model()
    try:
        await _prepare(model, settings)
        path = what.make_trace_path()
        episode = what.make_episode(model, path, (), Steering())
        return await _watched(what, episode, path)
    finally:
        await model.close()


async def _watched(what: WatchedPlan, episode: Episode, path: Path) -> EpisodeResult:
    """Run an episode; where it broke off, say how it goes on."""
    try:
        with ExitStack() as stack:
            also = stack.enter_context(what.telling.sinks())
            writer = stack.enter_context(TraceWriter(path))
            view = view_for(what.stream, quiet=what.settings.quiet, trace=path)
            stack.enter_context(view)
            result = await replace(episode, sinks=(writer, view, *also())).run()
    except asyncio.CancelledError:
        _tell_how_to_go_on(what, path)
        raise
    if result.stop_reason.startswith("limit:"):
        _tell_how_to_go_on(what, path)
    return result


def _tell_how_to_go_on(what: WatchedPlan, path: Path) -> None:
    if not what.settings.quiet:
        with suppress(OSError, ValueError):  # the terminal may be gone
            print(f"  to go on: the same command with --resume {path}", file=what.stream)


def _going_on(what: WatchedPlan, episode: Episode) -> Episode:
    """The episode, from where it broke off if it is to be resumed."""
    if what.resume is None:
        return episode
    before = what.resume.started.model
    if what.settings.model is None and before != episode.model.name:
        raise ConfigError(
            f"{what.resume.past.path} is a plan of the model {before}: name it with --model, or"
            " another one that is to go on with it"
        )
    return resumed(episode, what.resume)


def _cancel_on_signals() -> None:
    """Have a closed terminal or a polite kill end the plan as Ctrl-C does."""
    task = asyncio.current_task()
    assert task is not None
    if sys.platform != "win32":
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)


async def _prepare(model: Model, settings: Settings) -> None:
    """Offer to pull the embedded model's weights where they are missing and someone is there."""
    if settings.model not in (None, *EMBEDDED):
        return
    if not settings.json and sys.stdin.isatty() and sys.stderr.isatty():
        await asyncio.to_thread(offer_weights)
