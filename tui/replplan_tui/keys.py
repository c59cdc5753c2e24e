"""What the keys of the plan screen rest on."""

from __future__ import annotations

from textual.screen import Screen

from replplan_tui.pane import PlanPane


class Keys(Screen[None]):
    """A screen with plans on it, one of which the keys are for."""

    panes: list[PlanPane]
    _current = 0

    @property
    def pane(self) -> PlanPane:
        """The plan that the keys are for."""
        return self.panes[self._current]
