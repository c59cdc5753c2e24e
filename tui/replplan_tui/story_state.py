"""What is kept of a plan, moment by moment."""

from __future__ import annotations

from array import array
from collections import defaultdict

from replplan import events
from replplan.console.items import Item, Kind, Teller, line
from replplan.limits import Limits, Usage
from replplan_tui.page import Act, Doing, Mark, Page, Series, Stop

_NO_ACT = Act("", "")


class StoryState:
    """What is kept of one plan.

    Attributes:
        pages: the sessions by id, in the order in which they opened.
        times: of each event, in seconds since the epoch.
        stops: the moments to jump to, by kind.
        version: changes with every event, also with those that are not counted as moments.
    """

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.times = array("d")
        self.stops: dict[Stop, list[int]] = defaultdict(list)
        self.world: Series[Act] = Series()
        self.usage: Series[Usage] = Series()
        self.limits: Series[Limits] = Series()
        self.started: events.PlanStarted | None = None
        self.finished: events.PlanFinished | None = None
        self.version = 0
        self._teller = Teller()
        self._replies: dict[str, str] = {}

    @property
    def now(self) -> int:
        """The last moment: the number of events so far, less one."""
        return len(self.times) - 1

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
        return max(0.0, self.times[at] - self.times[0])

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
