"""One plan on the screen: its tree of REPLs, the notebook of one, what is beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Tree

from replplan.console import words
from replplan.console.clean import one_line
from replplan.helm import AnyDecision, Query, Review
from replplan_tui.asides import ask_words
from replplan_tui.dialogs import shown
from replplan_tui.feed import Feed
from replplan_tui.live import BranchFeed, LiveFeed
from replplan_tui.notebook import Notebook
from replplan_tui.page import Page
from replplan_tui.repl_tree import ReplTree
from replplan_tui.side import Side
from replplan_tui.sign import Sign
from replplan_tui.story import Story
from replplan_tui.timeline import Player, Timeline

CATCH_UP, TICK_SECONDS = 2000, 0.025
"""Events that wait before the screen stops drawing to catch up, and how long a tick takes them."""

MANY, SELDOM_SECONDS = 200, 0.3
"""Events of one tick from which on the screen is drawn seldom, and how seldom."""
_SOON = 0.002
_WORK = {"model": "the model writes", "cell": "a cell runs"}
_STOPS = {"session": "sub-REPL"}


class PlanPane(Vertical):
    """Follows a feed. It tells its story, and is where a person looks at it."""

    DEFAULT_CSS: ClassVar[str] = """
    PlanPane { height: 1fr; width: 1fr; }
    PlanPane #head { height: 1; background: $panel; padding: 0 1;
                     text-wrap: nowrap; text-overflow: ellipsis; }
    PlanPane ReplTree { width: 24; padding: 0; background: $background; scrollbar-size: 1 1; }
    PlanPane Notebook { width: 1fr; background: $background; scrollbar-size: 1 1;
                        overflow-x: hidden; overflow-y: scroll; }
    PlanPane Side { width: 42; padding: 0 1; background: $background; scrollbar-size: 1 1;
                    border-left: vkey $panel; }
    PlanPane Side Static { margin-bottom: 1; }
    PlanPane #says { height: auto; max-height: 3; padding: 0 1; display: none; }
    PlanPane #says.-shown { display: block; }
    PlanPane #says.-wrong { background: $error 30%; }
    PlanPane #says.-asks { background: $warning 25%; text-style: bold; }
    """

    class Changed(Message):
        """Something else has to be decided, or nothing any more."""

    def __init__(self, feed: Feed, name: str = "") -> None:
        super().__init__(classes="pane")
        self.feed, self.title = feed, name
        self.story, self.player = Story(), Player()
        self.follow = True
        self._seen: tuple[object, ...] = ()
        self._frame, self._drawn = 0, 0.0
        self._path = "root"
        self._told: tuple[object, ...] = ()
        self._proposed: Page | None = None

    def compose(self) -> ComposeResult:
        """The parts."""
        yield Sign("head")
        with Horizontal():
            yield ReplTree()
            yield Notebook()
            yield Side()
        yield Sign("says")
        yield Timeline()

    def on_mount(self) -> None:
        """Begin to listen."""
        self.notebook.show(self.page)
        self.feed.start()
        self.app.theme_changed_signal.subscribe(self, lambda _: self.refresh_all())
        self.set_interval(1 / 20, self.tick)
        self.set_interval(1 / 8, self._spin)

    # ------------------------------------------------------------------ what there is
    @property
    def live(self) -> LiveFeed | None:
        """The feed, where it can be steered."""
        return self.feed if isinstance(self.feed, LiveFeed) else None

    @property
    def page(self) -> Page:
        """The notebook that is looked at."""
        return self.story.pages.get(self._path) or Page(self._path)

    @property
    def notebook(self) -> Notebook:
        """It, on the screen."""
        return self.query_one(Notebook)

    @property
    def decision(self) -> AnyDecision | None:
        """What waits for the person: a cell's question first, which no other cell can run before,
        then the oldest of it."""
        if self.live is None or self.live.ended:
            return None
        open_ones = [d for d in list(self.live.helm.waits) if d.is_open]
        return min(open_ones, key=lambda d: not isinstance(d, Query), default=None)

    # ------------------------------------------------------------------ going on
    def tick(self) -> None:
        """Take what has happened, and show it, unless there is too much to take."""
        reads = self.feed.share < 1
        seconds = 0.2 if reads or self.feed.pending > CATCH_UP else TICK_SECONDS
        before, under_way = self.story.version, self.story.finished is None
        for event in self.feed.take(seconds):
            self.story.take(event)
        if under_way and self.story.finished and self.follow:
            self._path = "root"  # where it says how the plan ended, whoever worked last
        many = self.story.version - before > MANY or reads
        moved = self.player.tick(self.story)
        drawn = time.monotonic() - self._drawn < SELDOM_SECONDS
        behind = self._seen != () and (self.feed.pending > CATCH_UP or (many and drawn))
        state = self.story.version, self.decision, self.feed.ended, self.feed.problem
        if (state != self._seen or moved) and not behind:
            self._seen, self._drawn = state, time.monotonic()
            self.refresh_all()
        if reads or self.feed.pending > CATCH_UP:
            self.set_timer(_SOON, self._go_on_taking)

    def _go_on_taking(self) -> None:
        """The next tick early: there is more to take than one of them has time for."""
        if self.feed.pending > MANY:
            self.tick()

    def _spin(self) -> None:
        """Move the spinners, and the clock."""
        self._frame += 1
        if self.story.finished is None and not self.feed.ended:
            self._show_tree()
            self._show_line()

    def refresh_all(self) -> None:
        """Show the plan as it stands, or stood."""
        moment = self.player.moment
        self._propose()
        if self.follow and moment is None:
            self._path = self._busy() or self._path
        if self.notebook.page is not self.page:
            self.notebook.show(self.page)
        self.notebook.look(moment=moment)
        self._show_tree().go_to(self._path)
        side = self.query_one(Side)
        if side.display:
            side.show(self.story, self.page, moment)
        self._show_line()
        self._say()
        state = self.decision, self.live is not None and self.feed.ended
        if state != self._told:
            self._told = state
            self.post_message(self.Changed())

    def _show_tree(self) -> ReplTree:
        tree, decision = self.query_one(ReplTree), self.decision
        asks = decision.session if decision else ""
        tree.show(self.story, self.player.moment, self._frame, asks)
        return tree

    def _busy(self) -> str:
        """The session that works now, or waits for the person."""
        decision = self.decision
        if decision is not None:
            return decision.session
        working = self.story.working
        return max(working, key=lambda path: working[path]) if working else ""

    def _propose(self) -> None:
        """Put a cell that waits for a verdict where it would run."""
        decision = self.decision
        if self._proposed is not None:
            self._proposed.proposed = ""
        if isinstance(decision, Review):
            self._proposed = self.story.page(decision.session)
            self._proposed.proposed = shown(decision.code, 400)

    # ------------------------------------------------------------------ words
    def _show_line(self) -> None:
        self.query_one(Timeline).show(self.story, self.player, self._state())
        self.query_one("#head", Sign).say(self._head(), layout=False)

    def _head(self) -> str:
        started = self.story.started
        if started is None:
            return one_line(self.title or str(self.feed.path))
        title = f"{self.title} · " if self.title else ""
        return one_line(f"{title}{words.setting(started)} · {started.goal}", 300)

    def _state(self) -> str:
        finished = self.story.finished
        if finished is not None:
            return one_line(words.outcome(finished), 60)
        if self.feed.problem:
            return "the trace ends here" if self.live is None else "failed"
        if self.live is not None:
            helm = self.live.helm
            modes = [n for n, on in _modes(helm.approving, helm.answering, helm.paused) if on]
            return " · ".join([*modes, *self._at_work(), "live"])
        if self.feed.share < 1:
            return f"reading {self.feed.share:.0%}"
        return "waits for more of the trace" if self.feed.waits else "reading"

    def _at_work(self) -> Iterator[str]:
        """What the session that works does, and for how long."""
        path = self._busy()
        doing = self.story.pages[path].doing.at(None, "waits") if path in self.story.pages else ""
        if self.decision is None and doing in _WORK:
            since = time.time() - self.story.time(self.story.working[path])
            yield f"{_WORK[doing]} {max(0, since):.0f} s"

    def _say(self) -> None:
        says = self.query_one("#says", Sign)
        text, kind = self._sentence()
        says.say(text)
        says.set_class(bool(text), "-shown")
        says.set_class(kind == "asks", "-asks")
        says.set_class(kind == "wrong", "-wrong")

    def _sentence(self) -> tuple[str, str]:
        decision = self.decision
        if decision is not None:
            return ask_words(decision), "asks"
        if self.feed.problem:
            return one_line(self.feed.problem, 400), "wrong"
        finished = self.story.finished
        if finished is not None and finished.error and finished.stop_reason == "failed":
            return one_line(finished.error, 400), "wrong"
        if isinstance(self.feed, BranchFeed) and not self.story.times:
            return "the branch begins when no cell runs in the root REPL of its plan", ""
        if not self.story.times and self.feed.waits:
            return f"waits for a first event of {one_line(str(self.feed.path))}", ""
        if self.story.first:
            what = f"what came before event {self.story.first + 1:,} is in the trace alone"
            return f"a long plan: {what}, {one_line(str(self.feed.path))}", ""
        return "", ""

    # ------------------------------------------------------------------ where we look
    def turn_to(self, path: str, *, follow: bool = False) -> None:
        """Look at a session's notebook."""
        self._path, self.follow = path, follow
        self.refresh_all()

    def go(self, moment: int) -> None:
        """Look at a moment, where it happened."""
        self.player.go(self.story, moment)
        self._turn_to_moment()

    def _turn_to_moment(self) -> None:
        moment = self.player.moment
        if moment is not None:
            there = [p for p in self.story.pages.values() if _touched(p, moment)]
            self._path = there[-1].path if there else self._path
        self.notebook.following = True
        self.refresh_all()

    def jump(self, stop: str, by: int) -> None:
        """To the next moment of a kind, or the one before."""
        if self.player.jump(self.story, stop, by):  # type: ignore[arg-type]
            self._turn_to_moment()
        else:
            where = "after" if by > 0 else "before"
            self.notify(f"no {_STOPS.get(stop, stop)} {where} this moment", timeout=2)

    @on(Tree.NodeSelected)
    def _selected(self, event: Tree.NodeSelected[str]) -> None:
        if event.node.data is not None and event.node.data != self._path:
            self.turn_to(event.node.data)

    @on(Timeline.Sought)
    def _sought(self, event: Timeline.Sought) -> None:
        self.go(event.moment)


def _touched(page: Page, moment: int) -> bool:
    """Whether a page has something that came at a moment."""
    if page.opened == moment:
        return True
    return any(
        m.moment == moment for e in page.entries[max(0, page.count(moment) - 2) :] for m in e.marks
    )


def _modes(approving: bool, answering: bool, paused: bool) -> list[tuple[str, bool]]:
    return [("approve", approving), ("you answer", answering), ("paused", paused)]
