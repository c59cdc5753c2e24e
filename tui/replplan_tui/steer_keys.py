"""The keys that steer a live plan."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

from textual import work

from replplan.console import words
from replplan.console.clean import one_line
from replplan.errors import ReplplanError
from replplan.helm import Fallen, Pause, Query, Review
from replplan.limits import Limits
from replplan.prompt import Question
from replplan.steering import Allow, Refuse
from replplan_tui.dialogs import LimitsDialog, LineDialog, TextDialog, shown
from replplan_tui.keys import Keys
from replplan_tui.live import LiveFeed

_STEERING = (
    "pause", "step", "interrupt", "say", "approve", "yes", "edit", "reject", "reply", "leave",
    "answering", "own_cell", "limits", "branch",
)  # fmt: skip


class SteerKeys(Keys):
    """Actions on a plan under way."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Steering is offered where there is a live plan."""
        if action in _STEERING:
            live = self.pane.live
            return live is not None and not live.ended
        if action in ("play", "speed"):
            return self.pane.live is None or self.pane.live.ended
        return True

    def on_plan_pane_changed(self) -> None:
        """Offer other keys, where other ones mean something."""
        self.refresh_bindings()

    def _live(self) -> LiveFeed:
        live = self.pane.live
        assert live is not None  # `check_action`
        return live

    def action_pause(self) -> None:
        """Pause before the next turn, or go on."""
        helm = self._live().helm
        self._live().call(helm.resume if helm.paused else helm.pause)

    def action_step(self) -> None:
        """Let one session have one turn."""
        self._live().call(self._live().helm.step)

    def action_interrupt(self) -> None:
        """Stop the cell that runs in the session that is looked at."""
        plan = self._live().helm.plan
        if plan is not None:
            self._have("the cell was not stopped", plan.interrupt(self.pane.page.path))

    @work
    async def action_say(self) -> None:
        """Tell the planner something."""
        name, path = self.pane.page.name, self.pane.page.path
        live = self._live()
        about = "It reads this as a note from the user, before its next turn."
        text = await self.app.push_screen_wait(TextDialog(f"Say to {name}", about=about))
        if text:
            live.call(live.helm.note, text, path)
            self.notify("it will be read before the next turn", timeout=3)

    def action_approve(self) -> None:
        """Look at each cell before it runs; a second time: let all run."""
        helm = self._live().helm
        approving = not helm.approving
        self._live().call(helm.approve, approving)
        if approving:
            self.notify("each cell waits for you before it runs", timeout=3)

    def action_answering(self) -> None:
        """Answer the questions of cells oneself, or leave them to the model."""
        helm = self._live().helm
        self._live().call(helm.answer, not helm.answering)

    def action_yes(self) -> None:
        """Let the cell run."""
        if isinstance(decision := self.pane.decision, Review):
            self._live().call(decision.make, Allow(decision.code))

    @work
    async def action_edit(self) -> None:
        """Change the cell before it runs."""
        live, decision = self._live(), self.pane.decision
        if not isinstance(decision, Review):
            return
        text = await self.app.push_screen_wait(TextDialog("Edit the cell", decision.code))
        if text is not None:
            live.call(decision.make, Allow(text))

    @work
    async def action_reject(self) -> None:
        """Do not let the cell run, and say why."""
        live, decision = self._live(), self.pane.decision
        if not isinstance(decision, Review):
            return
        about = "The model is told this reason."
        reason = await self.app.push_screen_wait(LineDialog("Reject the cell", about=about))
        if reason is not None:
            live.call(decision.make, Refuse(reason or "the user did not want it"))

    @work
    async def action_reply(self) -> None:
        """Reply to a question of a cell."""
        live, decision = self._live(), self.pane.decision
        if not isinstance(decision, Query):
            return
        question = decision.question
        about = "\n\n".join([*(shown(c, 6) for c in question.context if isinstance(c, str)),
                             shown(question.text)])  # fmt: skip
        dialog = TextDialog("Your answer", about=about + _form(question))
        text = await self.app.push_screen_wait(dialog)
        if text is not None:
            live.call(decision.make, text)

    def action_leave(self) -> None:
        """Leave a question to the model; let a limit end the plan."""
        decision = self.pane.decision
        if isinstance(decision, Query | Fallen):
            self._live().call(decision.make, None)
        elif isinstance(decision, Pause):
            self._live().call(self._live().helm.resume)

    @work
    async def action_limits(self) -> None:
        """Raise a limit that has fallen, or set the limits anew."""
        live, decision = self._live(), self.pane.decision
        limits = self.pane.story.limits.at(None, Limits())
        title, first = "Limits of this plan", "turns"
        if isinstance(decision, Fallen):
            title, first = words.fallen(decision.limit), decision.limit.limit
        chosen = await self.app.push_screen_wait(LimitsDialog(title, limits, first))
        if chosen is None:
            return
        if isinstance(decision, Fallen):
            live.call(decision.make, chosen)
        elif live.helm.plan is not None:
            live.call(live.helm.plan.raise_limits, chosen)

    @work
    async def action_own_cell(self) -> None:
        """Run a cell of one's own in the live kernel."""
        live, page = self._live(), self.pane.page
        about = "It runs as soon as no other cell does, and the model is told of it."
        code = await self.app.push_screen_wait(TextDialog(f"Your cell in {page.name}", about=about))
        if not code:
            return
        plan = live.helm.plan
        if plan is None:
            self.notify("the plan is over: its kernel is gone", severity="error")
        else:
            self._have("your cell has no result", plan.run_cell(code, page.path))

    def _have(self, failed: str, what: Coroutine[Any, Any, object]) -> None:
        """Have the plan do something while the app goes on."""
        self.run_worker(self._done(failed, what), exit_on_error=False)

    async def _done(self, failed: str, what: Coroutine[Any, Any, object]) -> None:
        """Have the plan do something, and say why it was not done."""
        try:
            done = await asyncio.wrap_future(self._live().submit(what))
        except (ReplplanError, AssertionError) as e:
            self.notify(one_line(f"{failed}: {e}", 400), severity="error", timeout=8, markup=False)
        else:
            if done is False:
                self.notify("no cell was running, or it did not end", severity="warning")


_PLAIN = {"boolean": "yes or no", "integer": "a whole number", "number": "a number"}


def _form(question: Question) -> str:
    """What kind of answer is wanted: in words where words will do, which they did not once."""
    if question.fits is None:
        return ""
    match question.fits.get("properties"):
        case {"answer": {"type": str(kind)}} if kind in _PLAIN and not question.tried:
            return f"\n\n{_PLAIN[kind]}"
        case {"answer": {"enum": [*choices]}} if not question.tried:
            return f"\n\none of: {one_line(', '.join(map(str, choices)), 300)}"
    return f"\n\nin JSON that fits {json.dumps(question.fits)[:300]}"
