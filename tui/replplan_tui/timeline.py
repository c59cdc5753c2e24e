"""The line of a plan's time, to go back and forth on."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.message import Message
from textual.widget import Widget

from replplan.console import words
from replplan_tui.page import Stop
from replplan_tui.palette import palette_of
from replplan_tui.story import Story

SPEEDS = (1, 2, 5, 10, 20, 50)
LONGEST_WAIT = 3.0
"""Seconds of a replay at 1x that nothing happens in at most: longer waits are cut short."""


@dataclass
class Player:
    """Plays a plan again: where it is, and how fast it goes.

    Attributes:
        moment: where the replay is; None for the end, which goes on as the plan does.
        playing: it goes on by itself.
        speed: how many seconds of the plan pass in one.
    """

    moment: int | None = None
    playing: bool = False
    speed: int = 1
    _due: float = 0.0

    def play(self, story: Story) -> None:
        """Begin, from the start where it is at the end, or hold."""
        self.playing = not self.playing
        if self.playing and self.moment is None:
            self.moment = story.first
        self._due = time.monotonic()

    def faster(self, by: int) -> None:
        """To the next speed, or the one before."""
        place = SPEEDS.index(self.speed) + by
        self.speed = SPEEDS[max(0, min(place, len(SPEEDS) - 1))]

    def tick(self, story: Story) -> bool:
        """Go on as far as is due; whether it has moved."""
        if not self.playing or self.moment is None:
            return False
        now, before = time.monotonic(), self.moment
        while self.moment < story.now:
            gap = max(0.0, story.time(self.moment + 1) - story.time(self.moment))
            due = self._due + min(gap, LONGEST_WAIT) / self.speed
            if due > now:
                break
            self._due = due
            self.moment += 1
        if self.moment >= story.now:
            self.moment, self.playing = None, False
        return self.moment != before

    def go(self, story: Story, moment: int) -> None:
        """To a moment; past the last one is now."""
        self.moment = None if moment >= story.now else max(story.first, moment)
        self._due = time.monotonic()

    def jump(self, story: Story, stop: Stop, by: int) -> bool:
        """To the next moment of a kind, or the one before; whether there is one.

        From the end the first one is the next.
        """
        stops = story.stops[stop]
        end = -1 if by > 0 else story.now + 1
        here = end if self.moment is None else self.moment
        place = bisect_right(stops, here) if by > 0 else bisect_left(stops, here) - 1
        if not 0 <= place < len(stops):
            return False
        self.playing = False
        self.moment = stops[place]
        return True


class Timeline(Widget):
    """Shows where in its time a plan is looked at; a click goes there."""

    DEFAULT_CSS: ClassVar[str] = "Timeline { height: 2; }"

    class Sought(Message):
        """Somebody wants to see a moment."""

        def __init__(self, moment: int) -> None:
            super().__init__()
            self.moment = moment

    def __init__(self) -> None:
        super().__init__()
        self.story, self.player = Story(), Player()
        self.state = ""

    def show(self, story: Story, player: Player, state: str) -> None:
        """Show this plan; `state` is said at the right."""
        self.story, self.player, self.state = story, player, state
        self.refresh()

    def render(self) -> Text:
        """The line, and in words below it where we are."""
        width = max(self.size.width, 10)
        return Text("\n").join([self._line(width), self._words(width)])

    def _line(self, width: int) -> Text:
        palette, story = palette_of(self.app), self.story
        here = story.now if self.player.moment is None else self.player.moment
        at = self._place(here, width)
        cells = [("━" if x <= at else "─", "builtin" if x <= at else "dim") for x in range(width)]
        for stop, sign, style in (("session", "┴", "opened"), ("error", "✗", "bad")):
            for moment in story.stops[stop][-2000:]:  # type: ignore[index]
                cells[self._place(moment, width)] = (sign, style)
        cells[at] = ("●", "live" if self.player.playing else "builtin")
        return Text.assemble(*((sign, palette.style(style)) for sign, style in cells))

    def _place(self, moment: int, width: int) -> int:
        """Where on the line a moment is."""
        first, now = self.story.first, self.story.now
        return max(0, min(width - 1, (moment - first) * (width - 1) // max(now - first, 1)))

    def _words(self, width: int) -> Text:
        palette, player, story = palette_of(self.app), self.player, self.story
        here = story.now if player.moment is None else player.moment
        sign = "▶" if player.playing else "●" if player.moment is None else "‖"
        place = f"{sign} {here + 1}/{story.now + 1}"
        took = f"{words.duration(story.took(player.moment))} of {words.duration(story.took(None))}"
        speed = f"{player.speed}x" if player.moment is not None else "now"
        left = f"{place} · {took} · {speed}"
        gap = max(1, width - len(left) - len(self.state))
        return Text.assemble((left, palette.style("dim")), " " * gap, self.state)

    def on_click(self, event: events.Click) -> None:
        """Go there."""
        if event.y == 0:
            first, now = self.story.first, self.story.now
            moment = first + round(event.x * (now - first) / max(self.size.width - 1, 1))
            self.post_message(self.Sought(moment))
