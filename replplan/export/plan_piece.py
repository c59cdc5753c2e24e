"""The piece of a page that shows one plan: a tree of REPLs, each as the notebook that it was."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from xml.etree.ElementTree import Element

from replplan.console import words
from replplan.console.fence import before_code
from replplan.console.items import said
from replplan.events import (
    Acted,
    AskAnswered,
    Asked,
    FunctionCalled,
    Interrupted,
    LimitReached,
    LimitsRaised,
    Noted,
)
from replplan.export.code import highlighted
from replplan.export.elements import Child, node
from replplan.export.outcome import outcome
from replplan.export.plan_tree import Entry, PlanTree, Step, Turn, Word
from replplan.model import Message
from replplan.showing import call_text, readable

_SHORT = 160
"""Characters of a call's reply that stand beside the call; more is folded in."""

_MANY = 40
"""Calls of one cell in a row that are shown at once; where there are more, they are folded in."""


def plan_piece(plan: PlanTree, name: str = "") -> Element:
    """One plan, whole: what was to be done, how it ended, and the tree of its REPLs.

    `name` begins the anchors of its REPLs; where a page holds several plans, each has its own.
    """
    tree = _Tree(name, plan.started.domain).entry(plan.root) if plan.root else None
    return node("article", _header(plan), _world(plan), tree, class_="plan")


def outline(plan: PlanTree, name: str = "") -> Element:
    """The tree of REPLs alone, each a link to where it stands in the piece of that name."""
    return node("nav", _outline(plan.root, name) if plan.root else None, class_="outline")


def _outline(entry: Entry, name: str) -> Element:
    good = _came_to(entry)[0]
    link = node("a", _title(entry), href=f"#{name}{_anchor(entry)}", class_=good)
    count = node("small", words.amount("turns", len(entry.turns)))
    inner = [_outline(child, name) for child in entry.children()]
    return node("ul", node("li", link, " ", count, *inner))


def _header(plan: PlanTree) -> Element:
    started, finished = plan.started, plan.finished
    facts: list[Child] = [node("p", words.setting(started), class_="setting")]
    if finished is None:
        facts.append(node("p", "This trace is cut off: its plan has no end.", class_="bad verdict"))
    else:
        facts.append(
            node("p", words.outcome(finished), class_=f"{words.verdict(finished)} verdict")
        )
        if finished.answer:
            facts.append(node("pre", said(finished.answer), class_="answer", title="the answer"))
        score = finished.score.value
        told = [] if score is None else [f"score {score:g}"]
        told += [words.done(finished.usage), words.spent(finished.usage)]
        facts.append(node("p", " · ".join(told), class_="usage"))
    return node("header", node("h1", started.goal), *facts)


def _world(plan: PlanTree) -> Element | None:
    if plan.world is None:
        return None
    shown = readable(plan.started.domain, plan.world.observation)
    return node("div", _label("world"), node("pre", shown), class_="world")


class _Tree:
    """REPLs within the cells that called them."""

    def __init__(self, name: str, domain: str) -> None:
        self._name, self._domain = name, domain

    def entry(self, entry: Entry) -> Element:
        """A REPL for as long as it was in one call."""
        good, end = _came_to(entry)
        head = node("summary", node("b", _title(entry)), " ", node("small", end, class_=good))
        body = [*_called(entry), *_prompt(entry), *map(self._turn, entry.turns)]
        body += self._steps(entry.notes)
        depth, anchor = str(entry.opened.depth % 4), self._name + _anchor(entry)
        return node("details", head, *body, class_="repl", open="", id=anchor, data_depth=depth)

    def _turn(self, turn: Turn) -> Element:
        parts: list[Child] = []
        prose = before_code(turn.reply) if turn.code is not None else turn.reply.strip()
        if turn.replied and turn.replied.thoughts:
            parts.append(_thoughts(turn.replied.thoughts))
        if prose:
            parts.append(node("p", prose, class_="prose"))
        if turn.code is not None:
            parts.append(node("pre", *highlighted(turn.code), class_="code"))
        parts += self._steps(turn.steps)
        parts += outcome(turn.result) if turn.result else []
        if turn.rejected is not None:
            parts.append(node("p", turn.rejected, class_="rejected"))
        if turn.proposed is not None:
            parts.append(_call("edited", "as the model wrote it", turn.proposed))
        number = node("div", _number(turn), class_="number")
        return node("div", number, node("div", *parts, _took(turn), class_="cell"), class_="turn")

    def _steps(self, steps: list[Step]) -> Iterator[Element]:
        """Calls in rows, and children between them."""
        for is_child, run in groupby(steps, lambda step: isinstance(step, Entry)):
            if is_child:
                yield from (self.entry(step) for step in run if isinstance(step, Entry))
            else:
                yield _row(list(run), self._domain)


def _title(entry: Entry) -> str:
    name = entry.opened.session.rpartition("/")[2]
    return name if entry.opened.entry == 1 else f"{name}, entry {entry.opened.entry}"


def _anchor(entry: Entry) -> str:
    return f"{entry.opened.session}.{entry.opened.entry}"


def _came_to(entry: Entry) -> tuple[str, str]:
    """Whether an entry went well, and what it came to."""
    closed = entry.closed
    if closed is None:
        return "bad", "cut off"
    if closed.failure is not None:
        return "bad", f"failed: {closed.failure}"
    return "good", f"answered {said(closed.answer)}" if closed.answer else "the world ended"


def _called(entry: Entry) -> Iterator[Element]:
    opened = entry.opened
    if opened.parent is None:
        return
    yield node("pre", *highlighted(opened.call or opened.name), class_="called")
    if opened.comment:
        yield node("p", opened.comment, class_="comment")
    if opened.args:
        rows = [node("li", node("code", *highlighted(arg))) for arg in opened.args]
        yield node("ul", *rows, class_="args", title="its arguments")


def _prompt(entry: Entry) -> Iterator[Element]:
    """What stood in its prompt at first, folded away."""
    if entry.before:
        characters = sum(message.length for message in entry.before)
        told = f"its prompt at first: {len(entry.before)} messages, {characters:,} characters"
        yield node("details", node("summary", told), *map(_message, entry.before), class_="prompt")


def _thoughts(text: str) -> Element:
    """What a model thought before it wrote a cell, folded away."""
    told = f"its thoughts: {len(text):,} characters"
    return node("details", node("summary", told), node("pre", text), class_="prompt")


def _message(message: Message) -> Element:
    return node("div", _label(message.role), node("pre", message.content), class_="message")


def _number(turn: Turn) -> str:
    if turn.own:
        return "yours"
    return f"[{turn.number}]" if turn.number else "·"


def _took(turn: Turn) -> Element | None:
    told = []
    if turn.replied:
        tokens = turn.replied.tokens
        told += [f"model {words.duration(turn.replied.seconds)}"]
        told += [f"{tokens.input:,} + {tokens.output:,} tokens"]
    if turn.result:
        told += [f"cell {words.duration(turn.result.seconds)}"]
    return node("div", " · ".join(told), class_="took") if told else None


def _row(steps: list[Step], domain: str) -> Element:
    calls = node("div", *(_step(step, domain) for step in steps), class_="calls")
    if len(steps) <= _MANY:
        return calls
    return node("details", node("summary", f"{len(steps)} calls"), calls)


def _step(step: Step, domain: str) -> Element:
    match step:
        case Acted():
            ends = f" (ended, reward {step.reward:g})" if step.terminated or step.truncated else ""
            return _call("act", step.action, readable(domain, step.observation) + ends)
        case Asked():
            asked = "ask" if not step.cached else "ask, again"
            return _call(asked, step.question, repr(step.answer), step.error, step.context)
        case FunctionCalled():
            return _call("call", call_text(domain, step), repr(step.value), step.error)
        case Entry():
            raise TypeError("a child is no call")
    return node("p", _word(step), class_="limit")


def _call(
    label: str, what: str, reply: str, error: str | None = None, context: tuple[str, ...] = ()
) -> Element:
    """One call: in a line where it is short, else with all of it folded in."""
    kind = "call" if error is None else "call wrong"
    reply = reply if error is None else error
    short = len(what) + len(reply) <= _SHORT and "\n" not in what + reply and not context
    line = [_label(label), node("span", _first(what), class_="what"), node("i", " → ")]
    line.append(node("span", _first(reply), class_="reply"))
    if short:
        return node("div", *line, class_=kind)
    whole = [node("pre", part) for part in (*context, what, reply)]
    return node("details", node("summary", *line), *whole, class_=kind)


def _first(text: str) -> str:
    line = " ".join(text[: 2 * _SHORT].split())
    return line if len(line) <= _SHORT and len(text) <= 2 * _SHORT else line[:_SHORT] + "…"


def _word(step: Word) -> str:
    """What befell a plan from outside."""
    match step:
        case LimitReached():
            return words.fallen(step)
        case LimitsRaised():
            return f"the limit on {step.limit.replace('_', ' ')} was raised: the plan goes on"
        case Noted():
            return f"a note: {step.text}"
        case AskAnswered():
            return f"somebody answered {step.question!r}: {step.answer!r}"
        case Interrupted():
            return "somebody interrupted the cell" + ("" if step.stopped else ", which went on")


def _label(text: str) -> Element:
    return node("span", text, class_="label")
