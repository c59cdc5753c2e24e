"""What is said of steering in a notebook, in a line or a few."""

from __future__ import annotations

from replplan import events
from replplan.console import words
from replplan.console.items import Item, block, line

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
