"""From what the command line's flags come to, to a plan that the app starts."""

from __future__ import annotations

from replplan.cli.play import WatchedPlan
from replplan_tui.live import Launch


def launch_of(what: WatchedPlan) -> Launch:
    """A plan for the app to start, out of what flags come to."""
    return Launch(what.make_model, what.make_episode, what.make_trace_path(), what.telling)
