"""The app under a pilot, over a real plan: a scripted model, a real kernel."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from textual import events
from textual._context import visible_screen_stack

from replplan.episode import Episode
from replplan.limits import Limits
from replplan.plugins import kernel_opener
from replplan.trace import read_trace
from replplan_domains.notebook import Notebook
from replplan_tui.app import WatchApp
from replplan_tui.feed import TraceFeed
from replplan_tui.live import Launch, PlanFeed
from replplan_tui.plan_screen import PlanScreen

SMALL, LARGE = (80, 24), (200, 60)


def _episode(domain, limits, model, path, sinks, steering):
    return Episode(
        domain,
        domain.tasks(domain.splits()[0])[0],
        model,
        kernel_opener(),
        limits=limits,
        sinks=sinks,
        trace=str(path),
        steering=steering,
    )


def launch(model, path, domain=None, **limits):
    """A plan that is to be started."""
    domain = domain or Notebook(goal="a goal")
    limits = Limits(**{"seconds": 120, **limits})
    return Launch(lambda: model, partial(_episode, domain, limits), Path(path))


async def until(pilot, holds):
    """Wait until something holds on the screen."""
    async with asyncio.timeout(60):
        while not holds():
            await pilot.pause(0.01)
    await pilot.pause()


async def press(pilot, *keys):
    """Press keys, each when the one before has been taken: it goes up from widget to widget to the
    app, and on a slow machine the pilot alone does not wait for its end."""
    for key in keys:
        way = (pilot.app.focused or pilot.app.screen).ancestors_with_self
        await pilot.press(key)
        for _ in way:
            await pilot.pause(0)


def text_of(app):
    """All that the screen shows, as plain lines."""
    visible_screen_stack.set(app._background_screens)  # what shows through a dialog is kept
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(s.text for s in strip) for strip in strips)


class Watched:
    """An app on a plan, the plan's trace, and what the app has said in passing: on the screen that
    goes by itself, on a slow machine before anybody looks."""

    def __init__(self, app, pilot, path):
        self.app, self.pilot, self.path = app, pilot, path
        self.said, self._notify = [], app.notify
        app.notify = self._hear

    def _hear(self, message, **options):
        self.said.append(message)
        self._notify(message, **options)

    @property
    def screen(self):
        return next(s for s in self.app.screen_stack if isinstance(s, PlanScreen))

    @property
    def pane(self):
        return self.screen.pane

    async def until(self, holds):
        """Wait until something holds on the screen."""
        await until(self.pilot, holds)

    async def press(self, *keys):
        await press(self.pilot, *keys)

    async def write(self, text):
        """Into the field that has the focus, as a terminal pastes it."""
        await self.until(lambda: self.app.focused)
        self.app.post_message(events.Paste(text))
        await self.pilot.pause()

    async def click(self, text):
        """On a text, where it stands on the screen by now."""
        await self.until(lambda: text in self.text())
        row, line = next((n, t) for n, t in enumerate(self.text().splitlines()) if text in t)
        await self.pilot.click(offset=(line.index(text), row))

    async def decision(self, kind):
        """Wait for one, and until what led to it is on the screen."""
        await self.until(
            lambda: isinstance(self.pane.decision, kind) and not self.pane.feed.pending
        )
        return self.pane.decision

    async def dialog(self, kind):
        await self.until(lambda: isinstance(self.app.screen, kind) and self.app.focused)

    async def ended(self):
        await self.until(lambda: self.pane.feed.ended and not self.pane.feed.pending)
        await self.until(lambda: self.pane.story.finished or self.pane.feed.problem)

    def of(self, *types):
        """The events of these types in the trace."""
        return [e for e in read_trace(self.path) if e.type in types]

    def text(self):
        """All that the screen shows, as plain lines."""
        return text_of(self.app)


@asynccontextmanager
async def watched(feed, size=(120, 40)):
    """An app on a feed."""
    app = WatchApp(PlanScreen(feed))
    try:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Watched(app, pilot, feed.path)
    finally:
        feed.stop()
        if isinstance(feed, PlanFeed):
            feed.join()


def live(model, folder, size=(120, 40), prepare=lambda helm: None, **options):
    """An app on a plan that starts now."""
    feed = PlanFeed(launch(model, folder / "trace.jsonl", **options))
    prepare(feed.helm)
    return watched(feed, size)


def replay(path, size=(120, 40)):
    """An app on a trace."""
    return watched(TraceFeed(Path(path)), size)
