"""A plan as it is told by its events, kept so that it can be seen as it stood at any moment.

Live and replay are one path: events come in order, from wherever. What is kept of each is short
and harmless text; the events themselves are let go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial, singledispatchmethod

from replplan import events
from replplan.cell import CellResult
from replplan.console import fence
from replplan.console.clean import harmless, one_line
from replplan.console.items import Kind, block, line, said
from replplan_tui.asides import aside
from replplan_tui.page import (
    KEPT_CODE,
    KEPT_OUTPUT,
    Act,
    Entry,
    Leap,
    Mark,
    Page,
    SessionSpent,
    spent_by,
)
from replplan_tui.story_state import StoryState

_CODE_LINES, _OUTPUT_LINES = 400, 200


class Story(StoryState):
    """Follows one plan."""

    def __init__(self) -> None:
        super().__init__()
        self._takers: dict[type, Callable[[events.BaseEvent, Page], None]] = {}

    def take(self, event: events.Event) -> None:
        """Take up an event."""
        self.version += 1
        if not event.transient:
            self.tick(event.time)
        take = self._takers.get(type(event))
        if take is None:
            take = self._takers[type(event)] = _handler(self, type(event))
        take(event, self.page(event.session))

    @singledispatchmethod
    def _take(self, event: events.BaseEvent, page: Page) -> None:
        """Show what there is to say of it."""
        own = aside(event)
        page.aside(self.now, self._marks([own]) if own.text else self._told(event))  # type: ignore[arg-type]

    @_take.register
    def _(self, event: events.PlanStarted, page: Page) -> None:
        self.started = event
        self.limits.put(self.now, event.limits)
        page.begin(Entry("opened", self.now, self.now, self._told(event)))

    @_take.register
    def _(self, event: events.PlanFinished, page: Page) -> None:
        self.finished = event
        self.usage.put(self.now, spent_by(event.usage))
        page.begin(Entry("end", self.now, self.now, self._told(event)))
        for each in self.pages.values():
            if each.doing.at(None, "waits") not in ("closed", "failed"):
                self._do(each, "closed")

    @_take.register
    def _(self, event: events.SessionOpened, page: Page) -> None:
        page.opened = page.opened if event.entry > 1 else self.now
        self._do(page, "waits")
        if event.parent is None:
            return
        self.stops["session"].append(self.now)
        told = self._told(event)
        page.begin(Entry("opened", self.now, self.now, list(told)))
        parent = self.page(event.parent)
        call = event.call or f"{event.name}({', '.join(event.args)})"
        parent.aside(self.now, [Mark(self.now, line("opened", call, "called"), link=page.path)])
        self._do(parent, "child")

    @_take.register
    def _(self, event: events.SessionClosed, page: Page) -> None:
        if page.under_way:
            page.under_way.finish(self.now)
        failed = event.failure is not None
        self._do(page, "failed" if failed else "closed")
        page.stream, page.output = [], ""
        if failed and event.failure:
            page.aside(self.now, [self._mark("failed", event.failure, "failed")])
            self.stops["error"].append(self.now)
        if page.parent:
            self._answered(event, page, self.page(page.parent))

    def _answered(self, event: events.SessionClosed, page: Page, parent: Page) -> None:
        text = said(event.answer) if event.answer else (event.failure or "no answer")
        kind: Kind = "answered" if event.answer else "failed"
        item = line(kind, f"{page.name}: {text}", "answer" if event.answer else "failed")
        if event.answer:
            page.aside(self.now, [self._mark("answered", text, "answer")])
        parent.aside(self.now, [Mark(self.now, item, link=page.path)])
        self._do(parent, "cell")

    @_take.register
    def _(self, event: Leap, page: Page) -> None:
        self.leap(event.moments)

    # ------------------------------------------------------------------ the model
    @_take.register
    def _(self, event: events.ModelCalled, page: Page) -> None:
        if event.purpose == "turn":
            page.stream = []
            self._do(page, "model")

    @_take.register
    def _(self, event: events.TextStreamed, page: Page) -> None:
        page.stream.append(event.text)

    @_take.register
    def _(self, event: events.ModelReplied, page: Page) -> None:
        self.usage.put(self.now, spent_by(event.usage))
        tokens, before = event.tokens, page.spent.at(None, SessionSpent())
        known = before.cost is not None and tokens.cost is not None
        page.spent.put(
            self.now,
            SessionSpent(
                before.turns + (event.purpose == "turn"),
                before.tokens + tokens.input + tokens.output,
                (before.cost or 0) + (tokens.cost or 0) if known else None,
            ),
        )
        if event.purpose == "turn":
            page.stream = []
            self._replies[page.path] = event.text
            self._do(page, "waits")

    # ------------------------------------------------------------------ cells
    @_take.register
    def _(self, event: events.CellStarted, page: Page) -> None:
        self.stops["cell"].append(self.now)
        prose = fence.before_code(self._replies.pop(page.path, ""))
        spent = page.spent.at(None, SessionSpent())
        if event.turn > spent.turns:  # the ones before it were passed over
            page.spent.put(self.now, replace(spent, turns=event.turn))
        self._begin(page, Entry("turn", self.now, turn=event.turn), prose, event.code)

    @_take.register
    def _(self, event: events.OwnCellStarted, page: Page) -> None:
        self._begin(page, Entry("own", self.now, turn=event.number), "", event.code)

    def _begin(self, page: Page, entry: Entry, prose: str, code: str) -> None:
        entry.code = code[:KEPT_CODE]
        number = f"[{'own ' if entry.kind == 'own' else ''}{entry.turn}]"
        shown = code if code.strip() else "# an empty cell"
        items = [block("prose", prose, lines=60), block("code", shown, number, _CODE_LINES)]
        page.begin(entry)
        for mark in self._marks(items):
            entry.add(mark)
        page.output = ""
        self._do(page, "cell")

    @_take.register
    def _(self, event: events.OutputStreamed, page: Page) -> None:
        page.output = (page.output + event.text)[-KEPT_OUTPUT:]

    @_take.register
    def _(self, event: events.CellFinished, page: Page) -> None:
        self._end(page, event.result)

    @_take.register
    def _(self, event: events.OwnCellFinished, page: Page) -> None:
        if event.failure is not None:
            page.aside(self.now, [self._mark("failed", event.failure, "failed")])
        self._end(page, event.result)

    def _end(self, page: Page, result: CellResult) -> None:
        entry = page.under_way
        page.output = ""
        self._do(page, "waits")
        if entry is None:
            return
        for mark in self._marks([block("output", result.output, "out", _OUTPUT_LINES)]):
            entry.add(mark)
        for shown in result.displays:
            item = line("value", f"{shown.text} ({shown.mime})", "shown")
            entry.add(Mark(self.now, item, display=shown))
        if result.value is not None or result.error or result.stopped:
            rest = result.model_copy(update={"output": "", "displays": ()})
            for mark in self._told(events.CellFinished(turn=entry.turn, result=rest)):
                entry.add(mark)
        entry.wrong = result.error is not None
        if entry.wrong:
            self.stops["error"].append(self.now)
        entry.finish(self.now)

    @_take.register
    def _(self, event: events.TurnRejected, page: Page) -> None:
        reply = self._replies.pop(page.path, "").strip()
        entry = page.begin(Entry("turn", self.now, turn=event.turn, wrong=True))
        number = f"[{event.turn}]"
        items = [block("rejected", reply or "(no text)", number, lines=40)]
        for mark in self._marks([*items, block("failed", event.reason, "rejected", lines=8)]):
            entry.add(mark)
        entry.finish(self.now)
        self.stops["error"].append(self.now)
        self._do(page, "waits")

    # ------------------------------------------------------------------ the world
    @_take.register
    def _(self, event: events.WorldReset, page: Page) -> None:
        self.world.put(self.now, Act("", harmless(event.observation[:4000])))
        page.aside(self.now, self._told(event))

    @_take.register
    def _(self, event: events.Acted, page: Page) -> None:
        self.stops["action"].append(self.now)
        act = Act(
            one_line(event.action),
            harmless(event.observation[:2000]),
            event.action_count,
            event.reward,
            event.terminated or event.truncated,
        )
        self.world.put(self.now, act)
        self._call(event, page)

    @_take.register
    def _(self, event: events.FunctionCalled, page: Page) -> None:
        self._call(event, page)

    def _call(self, event: events.Acted | events.FunctionCalled, page: Page) -> None:
        """A call in the cell that made it, or behind the completion that led to it without one."""
        reply = self._replies.pop(page.path, "").strip() if page.under_way is None else ""
        if not reply:
            page.aside(self.now, self._told(event))
            return
        turn = page.spent.at(None, SessionSpent()).turns
        entry = page.begin(Entry("turn", self.now, turn=turn))
        for mark in self._marks([block("prose", reply, f"[{turn}]", lines=60)]):
            entry.add(mark)
        page.aside(self.now, self._told(event))
        entry.finish(self.now)

    # ------------------------------------------------------------------ steering
    @_take.register
    def _(self, event: events.CellReviewed, page: Page) -> None:
        self._stood_still()
        if event.verdict == "refused":
            prose = fence.before_code(self._replies.pop(page.path, ""))
            entry = Entry("turn", self.now, turn=event.turn, wrong=True)
            self._begin(page, entry, prose, event.proposed)
            entry.finish(self.now)
            self._do(page, "waits")
        page.aside(self.now, self._marks([aside(event)]))

    @_take.register
    def _(self, event: events.LimitsRaised, page: Page) -> None:
        self._stood_still()
        self.limits.put(self.now, event.limits)
        page.aside(self.now, self._marks([aside(event)]))

    @_take.register
    def _(self, event: events.AskAnswered, page: Page) -> None:
        self._stood_still()
        page.aside(self.now, self._marks([aside(event)]))

    @_take.register
    def _(self, event: events.Paused, page: Page) -> None:
        if not event.paused:
            self._stood_still()
        self._do(page, "person" if event.paused else "waits")

    @_take.register
    def _(self, event: events.VariablesSeen, page: Page) -> None:
        page.see(self.now, event.variables)


def _handler(story: Story, kind: type) -> Callable[[events.BaseEvent, Page], None]:
    """What takes events of a kind, looked up once: there are thousands of them a second."""
    taker = type(story).__dict__["_take"].dispatcher.dispatch(kind)
    return partial(taker, story)
