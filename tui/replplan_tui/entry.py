"""What the command line opens."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from textual.screen import Screen

from replplan.cli.play import WatchedPlan
from replplan.episode import EpisodeResult
from replplan.errors import ConfigError, ReplplanError
from replplan_tui.app import WatchApp
from replplan_tui.feed import TraceFeed
from replplan_tui.hangup import heeded
from replplan_tui.launching import launch_of
from replplan_tui.live import PlanFeed, wait_for_plans
from replplan_tui.plan_screen import PlanScreen


def first_screen(what: Path | None) -> Screen[None]:
    """The screen for a trace, a run, or nothing yet."""
    if what is None:
        from replplan_tui.start_screen import StartScreen

        return StartScreen()
    if what.is_dir():
        from replplan_tui.run_screen import RunScreen

        return RunScreen(what)
    return PlanScreen(TraceFeed(what))


def watch(what: Path | None, theme: str = "") -> None:
    """Watch a trace or a run, or start something.

    Raises:
        ConfigError: there is no terminal, no such theme, or no run in that folder.
    """
    check_terminal()
    run(WatchApp(first_screen(what), theme))


def plan(what: WatchedPlan) -> EpisodeResult | None:
    """Start a plan under the app, where it is watched and steered.

    Returns:
        What came of it; None where the person ended it.

    Raises:
        ReplplanError: it did not start.
    """
    check_terminal()
    what.settings.make_planner(what.resume)
    feed = PlanFeed(launch_of(what))
    run(WatchApp(PlanScreen(feed)))
    if feed.result is None and feed.problem:
        raise ReplplanError(feed.problem)
    return feed.result


def check_terminal() -> None:
    """Raises `ConfigError` where there is no terminal to draw on."""
    dumb = os.environ.get("TERM") == "dumb"
    if dumb or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError(
            "the app needs a terminal to draw on: leave --watch out, or use watch --browser"
        )


def run(app: WatchApp) -> None:
    """Run the app to its end, and end what it began."""
    spare_collector()
    with heeded(app):
        try:
            app.run()
        finally:
            wait_for_plans()
    if app.return_code:
        raise ReplplanError("the app broke: what it said stands above")


def spare_collector() -> None:
    """Have the garbage collector look seldom at what stays: the program, and a story's text.

    With Python's own thresholds a third of the time in which a long trace is read goes to it.
    """
    gc.freeze()
    gc.set_threshold(100_000, 10, 20)
