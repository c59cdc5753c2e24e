"""Limits, usage and outcomes in words for people."""

from __future__ import annotations

from typing import Literal

from replplan.errors import LimitExceeded
from replplan.events import LimitReached, PlanFinished, PlanStarted, TranscriptFolded
from replplan.limits import Limits, Usage

_STOPPED = {
    "answered": "the plan answered",
    "world_ended": "the world ended",
    "stuck": "the plan was stuck",
    "cancelled": "the plan was cancelled",
    "failed": "the plan failed",
}
_UNITS = {"turns": "turn", "model_calls": "model call", "asks": "ask", "tokens": "token"} | {
    "actions": "action", "sessions": "session", "depth": "level| of children",
    "context": "token| of the model's window", "episodes": "episode",
}  # fmt: skip
"""One of each; a bar stands where the ending of several goes."""


def amount(limit: str, value: float) -> str:
    """A quantity of a limit, a field of `Usage` or episodes: "3 turns", "$0.10"."""
    if limit == "cost":
        return money(value)
    if limit in ("seconds", "cell_seconds"):
        return duration(value)
    unit, _, rest = _UNITS.get(limit, limit.replace("_", " ")).partition("|")
    ending = "" if value == 1 or limit not in _UNITS else "s"
    return f"{value:,.12g} {unit}{ending}{rest}"


def counted(count: int, what: str) -> str:
    """So many of them: "1 world", "3 worlds"."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def money(dollars: float) -> str:
    """US dollars, to the cent, or finer where they are few."""
    return f"${dollars:,.2f}" if dollars >= 1 or dollars == round(dollars, 2) else f"${dollars:.4f}"


def duration(seconds: float) -> str:
    """Wall time."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def setting(event: PlanStarted) -> str:
    """Where a plan takes place, and who plans."""
    task = [event.domain, event.split, event.task] if event.task else [event.domain]
    parts = [*task, f"model {event.model}", f"seed {event.seed}"]
    return " · ".join([*parts, event.method] if event.method != "repl-plan" else parts)


def allowed(limits: Limits) -> str:
    """What a plan as a whole may spend."""
    names = Limits.model_fields.keys() - {"depth", "cell_seconds"}
    whole = ((n, getattr(limits, n)) for n in Limits.model_fields if n in names)
    return ", ".join(amount(name, value) for name, value in whole if value is not None)


def folded(event: TranscriptFolded) -> str:
    """How a transcript was made to fit into the model's window."""
    outputs = f"{counted(event.outputs, 'output')} folded to a line each"
    turns = f", {amount('turns', event.turns)} left out" if event.turns else ""
    return f"{outputs}{turns}: it no longer fitted into the model's window"


def done(usage: Usage) -> str:
    """What a plan did."""
    asks = f" ({amount('asks', usage.asks)})" if usage.asks else ""
    parts = [
        amount("turns", usage.turns),
        amount("model_calls", usage.model_calls) + asks,
        amount("actions", usage.actions),
        amount("sessions", usage.sessions),
    ]
    return " · ".join(parts)


def spent(usage: Usage) -> str:
    """What a plan took."""
    cost = ["cost not known"] if usage.cost is None else [money(usage.cost)] if usage.cost else []
    tokens = amount("tokens", usage.tokens) + cached(usage)
    return " · ".join([tokens, *cost, duration(usage.seconds)])


def cached(usage: Usage) -> str:
    """The share of the input that a prefix cache served, in brackets."""
    if not usage.cached_tokens or not usage.input_tokens:
        return ""
    return f" ({usage.cached_tokens / usage.input_tokens:.0%} cached)"


def fallen(limit: LimitReached | LimitExceeded) -> str:
    """A limit that fell."""
    return f"the limit of {amount(limit.limit, limit.allowed)} is used up"


def verdict(event: PlanFinished) -> Literal["good", "bad"]:
    """Whether a plan came to a good end."""
    if event.score.solved is not None:
        return "good" if event.score.solved else "bad"
    return "good" if event.stop_reason == "answered" else "bad"


def outcome(event: PlanFinished) -> str:
    """How a plan ended, in one sentence."""
    solved = event.score.solved
    if solved is None and event.stop_reason == "answered":
        return "answered"
    head = "stopped" if solved is None else "solved" if solved else "not solved"
    limit = event.stop_reason.removeprefix("limit:").replace("_", " ")
    other = f"the limit on {limit} fell" if ":" in event.stop_reason else event.stop_reason
    why = _STOPPED.get(event.stop_reason, other)
    error = "" if ":" in event.stop_reason else event.error  # which says the limit once more
    return f"{head}: {why}" + (f": {error}" if error else "")
