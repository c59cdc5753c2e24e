"""What is said of steering: in a notebook, and to the person who decides."""

from __future__ import annotations

from replplan import events
from replplan.console import words
from replplan.console.clean import one_line
from replplan.console.items import Item, block, line
from replplan.helm import AnyDecision, Fallen, Query, Review

_REVIEWED = {"run": "looked at, and let run", "edited": "changed before it ran"}


def aside(event: events.BaseEvent) -> Item:
    """The item of an event of steering; one without text where there is nothing to say."""
    match event:
        case events.CellReviewed(verdict=verdict, reason=reason):
            return line("about", _REVIEWED.get(verdict, f"refused: {reason}"), "review")
        case events.Noted(text=text):
            return block("limit", text, "note", lines=20)
        case events.AskAnswered(answer=answer):
            return line("about", answer, "said")
        case events.LimitsRaised():
            return line("limit", _raised(event), "limit")
        case events.Interrupted(stopped=stopped):
            said = "interrupted" if stopped else "an interrupt did not stop it"
            return line("limit", said, "you")
        case events.Branched(to=str(to)):
            return line("limit", f"a second plan goes on from here: {to}", "branch")
        case events.Branched(origin=origin):
            return line("limit", f"from here on this is a branch of {origin}", "branch")
    return Item("about", "")


def _raised(event: events.LimitsRaised) -> str:
    to = getattr(event.limits, event.limit)
    said = "taken away" if to is None else f"set to {words.amount(event.limit, to)}"
    return f"the limit on {event.limit.replace('_', ' ')} was {said}"


def ask_words(decision: AnyDecision) -> str:
    """What the person is asked to decide, and the keys for it."""
    name = one_line(decision.session.rpartition("/")[2])
    match decision:
        case Review():
            return (
                f"{name} wants to run this cell: y run · a run all from now on · e edit · x reject"
            )
        case Query(question=question):
            text = one_line(question.text, 160)
            again = f" ({one_line(question.tried[-1][1], 80)})" if question.tried else ""
            return f"{name} asks: {text}{again}  —  r reply · d leave it to the model"
        case Fallen(limit=limit):
            return f"{words.fallen(limit)}: l raise it · d end the plan"
    return f"paused before the next turn of {name}: p go on · s one cell · m say something"
