"""The start screen: begin a plan, or open one of the last."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import ClassVar

import click
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Button, Input, Label, Select, Static

from replplan.cli import defaults_of
from replplan.cli.options import Settings
from replplan.cli.play import WatchedPlan
from replplan.cli.run import run
from replplan.config import new_trace_path
from replplan.console.clean import one_line
from replplan.errors import ConfigError, ReplplanError
from replplan.models import check_named
from replplan.plugins import GOAL_DOMAIN, domain_names, make_domain
from replplan.task_choice import choose_task
from replplan_tui.feed import TraceFeed
from replplan_tui.launching import launch_of
from replplan_tui.live import Launch, PlanFeed, wait_for_plans
from replplan_tui.plan_screen import PlanScreen
from replplan_tui.recent import Recent, recent_traces
from replplan_tui.table import Table
from replplan_tui.whole_keys import WholeKeys

_MODEL = "local, or a name; empty: as replplan.toml says, else local"
_BY_SEED = "an id or number; empty: by the seed"


class StartScreen(Screen[None]):
    """Asks for a domain, a task and a model, and lists recent plans."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f2", "start", "Start"),
        Binding("ctrl+r", "reload", "Read again"),
        Binding("escape,q", "quit", "Leave"),
    ]
    DEFAULT_CSS: ClassVar[str] = """
    StartScreen #title { height: 1; background: $panel; padding: 0 1; text-style: bold; }
    StartScreen #form { height: auto; padding: 0 1; }
    StartScreen #form Horizontal { height: 1; }
    StartScreen #form Label { width: 10; color: $text-muted; }
    StartScreen #form Select, StartScreen #form Input { width: 1fr; max-width: 64; }
    StartScreen #form Button { margin: 0 0 0 10; }
    StartScreen #wrong { height: auto; color: $error; padding: 0 1; }
    StartScreen #heading { height: 1; padding: 0 1; color: $text-muted; }
    StartScreen Table { height: 1fr; scrollbar-size: 1 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._recent: list[Recent] = []

    def compose(self) -> ComposeResult:
        """The form above, recent plans below."""
        yield Static("replplan · start a plan, or open one of the last", id="title")
        with Vertical(id="form"):
            yield from _row("domain", Select[str]([(n, n) for n in domain_names()],
                            id="domain", allow_blank=False, compact=True))  # fmt: skip
            task = Input(id="task", compact=True, placeholder=_BY_SEED)
            yield from _row("task", task)
            yield from _row("model", Input(id="model", compact=True, placeholder=_MODEL))
            yield from _row("seed", Input("0", id="seed", type="integer", compact=True))
            yield Button("start", id="start", variant="primary", compact=True)
        yield Static(id="wrong", markup=False)
        yield Static("recent plans", id="heading")
        yield Table()
        yield WholeKeys()

    def on_mount(self) -> None:
        """List the plans."""
        table = self.query_one(Table)
        table.add_columns("when", "domain", "task", "result", "model")
        self.action_reload()
        self.query_one("#domain").focus()

    def on_screen_resume(self) -> None:
        """Back from a plan: it is one of the last now."""
        self.action_reload()

    # ------------------------------------------------------------------ recent plans
    @work(thread=True, exclusive=True)
    def action_reload(self) -> None:
        """Read the folder of traces again, when the plan that was left has ended."""
        wait_for_plans()
        found = recent_traces(new_trace_path("", "").parent)
        self.app.call_from_thread(self._list, found)

    def _list(self, found: list[Recent]) -> None:
        self._recent = found
        table = self.query_one(Table)
        table.clear()
        for each in found:
            started = each.started
            when = f"{datetime.fromtimestamp(each.changed):%m-%d %H:%M}"
            what = one_line(started.task if started.domain != GOAL_DOMAIN else started.goal, 36)
            table.add_row(
                when, one_line(started.domain, 12), what, each.state, one_line(started.model, 60)
            )
        heading = "recent plans" if found else "no plans yet: start one above"
        self.query_one("#heading", Static).update(heading)

    @on(Table.RowSelected)
    def _open(self, event: Table.RowSelected) -> None:
        if 0 <= event.cursor_row < len(self._recent):
            feed = TraceFeed(self._recent[event.cursor_row].path)
            self.app.push_screen(PlanScreen(feed))

    # ------------------------------------------------------------------ a new plan
    @on(Select.Changed, "#domain")
    def _another_domain(self, event: Select.Changed) -> None:
        label = "goal" if event.value == GOAL_DOMAIN else "task"
        self.query_one("#label-task", Label).update(label)
        hint = {"goal": "what is to be found out", "task": _BY_SEED}[label]
        self.query_one("#task", Input).placeholder = hint

    @on(Button.Pressed)
    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_start()

    @work(exclusive=True, group="start")
    async def action_start(self) -> None:
        """Start the plan that the form describes."""
        import asyncio

        wrong = self.query_one("#wrong", Static)
        wrong.update("")
        try:
            launch = await asyncio.to_thread(self._launch)
        except ReplplanError as e:
            wrong.update(one_line(str(e), 400))
            return
        self.app.push_screen(PlanScreen(PlanFeed(launch)))

    def _launch(self) -> Launch:
        domain = str(self.query_one("#domain", Select).value)
        task, model, seed = (self.query_one(f"#{n}", Input).value.strip() for n in _FIELDS)
        if domain == GOAL_DOMAIN and not task:
            raise ConfigError("which goal? Say in words what is to be found out")
        settings = _settings(["--seed", seed or "0", *(["--model", model] if model else [])])
        check_named(settings.model, settings.base_url)
        world = make_domain(domain, {"goal": task} if domain == GOAL_DOMAIN else {})
        chosen = choose_task(
            world, None, None if domain == GOAL_DOMAIN else task or None, settings.seed
        )
        return launch_of(WatchedPlan(settings, world, chosen, sys.stderr))

    def action_quit(self) -> None:
        """Out."""
        self.app.exit()


def _settings(flags: list[str]) -> Settings:
    """What flags of `replplan run` come to, over what `replplan.toml` says."""
    try:
        with run.make_context("run", flags, default_map=defaults_of("run")) as context:
            return Settings.from_flags(context.params)
    except click.ClickException as e:
        raise ConfigError(e.format_message()) from e


_FIELDS = ("task", "model", "seed")


def _row(name: str, field: Select[str] | Input) -> ComposeResult:
    with Horizontal():
        yield Label(name, id=f"label-{name}")
        yield field
