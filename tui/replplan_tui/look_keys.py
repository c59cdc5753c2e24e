"""The keys with which a plan is looked at: its time, its notebooks, what stands in them."""

from __future__ import annotations

from textual import work

from replplan_tui.dialogs import HelpDialog, KindsDialog, LineDialog, edit_outside
from replplan_tui.help import HELP
from replplan_tui.keys import Keys
from replplan_tui.search import Search


class LookKeys(Keys):
    """Actions that change nothing but what is seen."""

    _search = Search()

    def action_play(self) -> None:
        """Play the plan again, or hold."""
        self.pane.player.play(self.pane.story)
        self.pane.notebook.following = True
        self.pane.refresh_all()

    def action_speed(self, by: int) -> None:
        """Faster, or slower."""
        self.pane.player.faster(by)
        self.pane.refresh_all()

    def action_moment(self, by: int) -> None:
        """A moment on, or back."""
        pane = self.pane
        here = pane.story.now if pane.player.moment is None else pane.player.moment
        pane.go(here + by)

    def action_jump(self, stop: str, by: int) -> None:
        """To the next moment of a kind."""
        self.pane.jump(stop, by)

    def action_beginning(self) -> None:
        """To the first moment."""
        self.pane.go(self.pane.story.first)

    def action_now(self) -> None:
        """To the end, or to where the plan is."""
        self.pane.player.playing = False
        self.pane.go(self.pane.story.now)

    def action_into(self) -> None:
        """Into the REPL that the chosen cell called."""
        entry = self.pane.notebook.chosen
        links = [m.link for m in entry.marks if m.link] if entry else []
        if links:
            self.pane.turn_to(links[0])
        else:
            self.notify("this cell called no sub-REPL", timeout=2)

    def action_out(self) -> None:
        """To the REPL that called this one."""
        if self.pane.page.parent:
            self.pane.turn_to(self.pane.page.parent)

    def action_follow(self) -> None:
        """Look at the session that works, from now on."""
        self.pane.player.go(self.pane.story, self.pane.story.now)
        self.pane.notebook.following = True
        self.pane.turn_to(self.pane.page.path, follow=True)

    @work
    async def action_search(self) -> None:
        """Look for text in all notebooks of this plan."""
        text = await self.app.push_screen_wait(LineDialog("Search", self._search.text))
        if text is None:
            return
        self._search = Search(text)
        self.pane.notebook.look(find=text)
        if text:
            self.action_found(1)

    def action_found(self, by: int) -> None:
        """To the next place where the text stands."""
        if not self._search.text:
            return
        place = self._search.next(
            self.pane.story, self.pane.page.path, self.pane.notebook.cursor, by
        )
        if place is None:
            self.notify(f"{self._search.text!r} stands nowhere", timeout=2, markup=False)
            return
        path, number = place
        self.pane.turn_to(path)
        self.pane.notebook.look(find=self._search.text)
        self.pane.notebook.seek(number, self._search.text)

    def action_copy(self) -> None:
        """Copy the chosen cell."""
        entry = self.pane.notebook.chosen
        if entry is not None:
            self.app.copy_to_clipboard(entry.code or entry.text)
            self.notify("copied", timeout=2)

    def action_editor(self) -> None:
        """Open the chosen cell in $EDITOR."""
        entry = self.pane.notebook.chosen
        if entry is not None:
            edit_outside(self.app, entry.code or entry.text, ".py" if entry.code else ".txt")

    @work
    async def action_filter(self) -> None:
        """Choose the kinds of things that are shown."""
        hidden = await self.app.push_screen_wait(KindsDialog(self.pane.notebook.sight.hidden))
        if hidden is not None:
            self.pane.notebook.look(hidden=hidden)

    def action_help(self) -> None:
        """What the keys do."""
        self.app.push_screen(HelpDialog(HELP))
