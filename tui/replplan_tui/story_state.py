"""What is kept of a plan, moment by moment."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict

from replplan import events
from replplan.console.items import Item, Kind, Teller, line
from replplan.limits import Limits
from replplan_tui.page import Act, Doing, Mark, Page, Series, Spent, Stop

_NO_ACT = Act("", "")
_WORK = ("model", "cell", "person")
KEPT, SPARE = 100_000, 50_000
"""Moments that are kept of a plan, and how many more there may be before the oldest are let go."""


class StoryState:
    """What is kept of one plan.

    Attributes:
        pages: the sessions by id, in the order in which they opened.
        working: the sessions that work now or wait for the person, with the moment since when.
        first: the oldest moment that is kept; the ones before it are in the trace alone.
        now: the last moment; -1 before there is one.
        times: of each moment from `first` on, in seconds since the epoch.
        stops: the moments to jump to, by kind.
        version: changes with every event, also with those that are not counted as moments.
    """

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.working: dict[str, int] = {}
        self.first, self.now = 0, -1
        self.times = array("d")
        self.stops: dict[Stop, array[int]] = defaultdict(_moments)
        self.world: Series[Act] = Series()
        self.usage: Series[Spent] = Series()
        self.limits: Series[Limits] = Series()
        self.started: events.PlanStarted | None = None
        self.finished: events.PlanFinished | None = None
        self.version = 0
        self._teller = Teller()
        self._replies: dict[str, str] = {}
        self._began = 0.0

    def tick(self, time: float) -> None:
        """A moment has come; the oldest ones go where there are too many."""
        if self.now < 0:
            self._began = time
        self.now += 1
        self.times.append(time)
        if len(self.times) > KEPT + SPARE:
            self._forget(self.now - KEPT + 1)

    def leap(self, moments: int) -> None:
        """Pass over moments that are in the trace alone."""
        self.now += moments
        self.first = self.now + 1
        del self.times[:]

    def _forget(self, first: int) -> None:
        """Let go of what came before a moment, but for the values that still hold at it."""
        del self.times[: first - self.first]
        self.first = first
        for stops in self.stops.values():
            del stops[: bisect_left(stops, first)]
        for series in (self.world, self.usage, self.limits):
            series.forget(first)
        for page in list(self.pages.values()):
            page.forget(first)
            if not page.entries and page.doing.at(None, "waits") in ("closed", "failed"):
                del self.pages[page.path]

    def page(self, path: str) -> Page:
        """The notebook of a session, opened if there is none yet."""
        if path not in self.pages:
            self.pages[path] = Page(path, opened=self.now)
        return self.pages[path]

    def children(self, path: str) -> list[Page]:
        """The pages of the REPLs that a session called."""
        return [page for page in self.pages.values() if page.parent == path and page.path != path]

    def took(self, moment: int | None) -> float:
        """Seconds from the beginning to a moment."""
        if not self.times:
            return 0.0
        at = self.now if moment is None else min(moment, self.now)
        return max(0.0, self.time(at) - self._began)

    def spent(self, moment: int | None) -> Spent:
        """What had been spent at a moment, by the plan's own clock."""
        found = self.usage.last(moment)
        if found is None:
            return Spent(seconds=self.took(moment))
        since, known = found
        return known._replace(seconds=known.seconds + self.took(moment) - self.took(since))

    def _stood_still(self) -> None:
        """Somebody was waited for since the moment before, and the plan's clock stood still."""
        self.usage.put(self.now, self.spent(max(self.first, self.now - 1)))

    def time(self, moment: int) -> float:
        """When a moment was, in seconds since the epoch."""
        return self.times[max(0, moment - self.first)]

    def world_at(self, moment: int | None) -> Act:
        """What the world had said last."""
        return self.world.at(moment, _NO_ACT)

    def _mark(self, kind: Kind, text: str, label: str = "") -> Mark:
        return Mark(self.now, line(kind, text, label))

    def _marks(self, items: list[Item]) -> list[Mark]:
        return [Mark(self.now, item) for item in items if item.text or item.reply is not None]

    def _told(self, event: events.Event) -> list[Mark]:
        return self._marks(self._teller.tell(event))

    def _do(self, page: Page, doing: Doing) -> None:
        page.doing.put(self.now, doing)
        self.working.pop(page.path, None)
        if doing in _WORK:
            self.working[page.path] = self.now


def _moments() -> array[int]:
    return array("q")
