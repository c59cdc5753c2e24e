"""The plan screen: one plan, or a plan and its branches, and the keys to steer them."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from replplan.console.clean import one_line
from replplan.errors import ReplplanError
from replplan_tui.dialogs import LineDialog
from replplan_tui.feed import Feed
from replplan_tui.live import BranchFeed
from replplan_tui.look_keys import LookKeys
from replplan_tui.pane import PlanPane
from replplan_tui.repl_tree import ReplTree
from replplan_tui.side import Side
from replplan_tui.steer_keys import SteerKeys
from replplan_tui.whole_keys import WholeKeys

LEAST_WIDTH, LEAST_HEIGHT, WITH_SIDE, TWO_PANES = 50, 14, 110, 150


class PlanScreen(SteerKeys, LookKeys):
    """Watches plans. Bindings that steer do something only where there is a live plan."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "Pause"),
        Binding("s", "step", "Step"),
        Binding("i", "interrupt", "Interrupt"),
        Binding("m", "say", "Say"),
        Binding("a", "approve", "Approve"),
        Binding("y", "yes", "Run it", show=False),
        Binding("e", "edit", "Edit", show=False),
        Binding("x", "reject", "Reject", show=False),
        Binding("r", "reply", "Reply", show=False),
        Binding("d", "leave", "Leave it", show=False),
        Binding("t", "answering", "Answer asks", show=False),
        Binding("w", "own_cell", "Own cell"),
        Binding("l", "limits", "Limits", show=False),
        Binding("b", "branch", "Branch"),
        Binding("space", "play", "Play"),
        Binding("question_mark", "help", "Help"),
        Binding("q", "quit", "Leave"),
        Binding("plus,equals_sign", "speed(1)", "Faster", show=False),
        Binding("minus", "speed(-1)", "Slower", show=False),
        Binding("left,comma", "moment(-1)", "A moment back", show=False),
        Binding("right,full_stop", "moment(1)", "A moment on", show=False),
        Binding("1", "jump('error',1)", "Next error", show=False),
        Binding("exclamation_mark", "jump('error',-1)", "Previous error", show=False),
        Binding("2", "jump('action',1)", "Next action", show=False),
        Binding("at", "jump('action',-1)", "Previous action", show=False),
        Binding("3", "jump('session',1)", "Next sub-REPL", show=False),
        Binding("number_sign", "jump('session',-1)", "Previous sub-REPL", show=False),
        Binding("0", "beginning", "Beginning", show=False),
        Binding("9", "now", "Now", show=False),
        Binding("o", "into", "Into the sub-REPL", show=False),
        Binding("u,backspace", "out", "To the caller", show=False),
        Binding("v", "follow", "Follow the work", show=False),
        Binding("slash", "search", "Search"),
        Binding("n", "found(1)", "Next found", show=False),
        Binding("N", "found(-1)", "Previous found", show=False),
        Binding("c", "copy", "Copy"),
        Binding("E", "editor", "In $EDITOR", show=False),
        Binding("f", "filter", "Filter"),
        Binding("z", "side", "World and variables", show=False),
        Binding("right_square_bracket", "pane(1)", "Next plan", show=False),
        Binding("left_square_bracket", "pane(-1)", "Previous plan", show=False),
        Binding("K", "keep", "Keep as demonstration", show=False),
        Binding("X", "export", "Export", show=False),
        Binding("escape", "back", "Back", show=False),
    ]
    DEFAULT_CSS: ClassVar[str] = """
    PlanScreen #small { display: none; width: 1fr; height: 1fr; content-align: center middle; }
    PlanScreen.-small #small { display: block; }
    PlanScreen.-small #panes, PlanScreen.-small WholeKeys { display: none; }
    PlanScreen #panes { height: 1fr; }
    PlanScreen #panes.-two PlanPane { border-right: vkey $panel; }
    """

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self.panes = [PlanPane(feed)]
        self._wants_side: bool | None = None

    def compose(self) -> ComposeResult:
        """The panes, and the keys."""
        yield Static("", id="small", markup=False)
        with Horizontal(id="panes"):
            yield from self.panes
        yield WholeKeys()

    def on_mount(self) -> None:
        """Look at the notebook."""
        self.pane.notebook.focus()

    # ------------------------------------------------------------------ room
    def on_resize(self) -> None:
        """Show what there is room for."""
        self._arrange()

    def _arrange(self) -> None:
        width, height = self.app.size
        self.set_class(width < LEAST_WIDTH or height < LEAST_HEIGHT, "-small")
        text = f"this terminal is {width}x{height}: make it {LEAST_WIDTH}x{LEAST_HEIGHT} at least"
        self.query_one("#small", Static).update(text)
        both = width >= TWO_PANES and len(self.panes) > 1
        self.query_one("#panes").set_class(both, "-two")
        for number, pane in enumerate(self.panes):
            pane.display = both or number == self._current
            room = width // 2 if both else width
            wanted = room >= WITH_SIDE if self._wants_side is None else self._wants_side
            pane.query_one(Side).display = wanted
            pane.query_one(ReplTree).display = room >= 72 and not (wanted and room < 100)
            pane.refresh_all()

    def action_side(self) -> None:
        """Show or hide the world, the budget and the variables."""
        self._wants_side = not self.pane.query_one(Side).display
        self._arrange()

    # ------------------------------------------------------------------ plans
    async def action_branch(self) -> None:
        """A second plan from this state."""
        pane = PlanPane(BranchFeed(self._live()), f"branch {len(self.panes)}")
        if not self.panes[0].title:
            self.panes[0].title = "plan"
        await self.query_one("#panes").mount(pane)
        self.panes.append(pane)
        self._turn_to(len(self.panes) - 1)

    def action_pane(self, by: int) -> None:
        """To the next plan, or the one before."""
        self._turn_to((self._current + by) % len(self.panes))

    def _turn_to(self, number: int) -> None:
        self._current = number
        self.call_after_refresh(self._arrange_and_focus)

    def _arrange_and_focus(self) -> None:
        self._arrange()
        self.pane.notebook.focus()
        self.refresh_bindings()

    def on_descendant_focus(self) -> None:
        """The keys are for the plan that has the focus."""
        focused = [n for n, p in enumerate(self.panes) if p.has_focus_within]
        if focused and focused[0] != self._current:
            self._current = focused[0]
            self.refresh_bindings()

    # ------------------------------------------------------------------ afterwards
    def action_keep(self) -> None:
        """Keep the sessions that led to success as demonstrations."""
        from replplan_tui.after import keep

        self._after(partial(keep, self.pane.feed.path))

    def action_export(self) -> None:
        """Write the plan as a page and as a notebook, beside its trace."""
        from replplan_tui.after import export

        self._after(partial(export, self.pane.feed.path))

    @work(thread=True)
    def _after(self, what: Any) -> None:
        try:
            said = what()
        except (ReplplanError, OSError) as e:
            self.app.call_from_thread(
                self.notify, one_line(str(e), 400), severity="error", timeout=8, markup=False
            )
        else:
            self.app.call_from_thread(self.notify, one_line(said, 400), timeout=8, markup=False)

    def action_back(self) -> None:
        """Back from what was searched for, to the work, or to the screen before."""
        if self.pane.notebook.sight.find:
            self.pane.notebook.look(find="")
        elif self.pane.player.moment is not None:
            self.action_now()
        elif len(self.app.screen_stack) > 2:
            self.action_quit()

    @work
    async def action_quit(self) -> None:
        """Leave; a plan under way is ended after a question."""
        live = [p.live for p in self.panes if p.live is not None and not p.live.ended]
        if live and not await self.app.push_screen_wait(_ask_to_end(len(live))):
            return
        for pane in self.panes:
            pane.feed.stop()
        if len(self.app.screen_stack) > 2:
            self.app.pop_screen()
        else:
            self.app.exit()

    def on_unmount(self) -> None:
        """Leave nothing behind."""
        for pane in self.panes:
            pane.feed.stop()


def _ask_to_end(count: int) -> LineDialog:
    what = "The plan is" if count == 1 else f"{count} plans are"
    dialog = LineDialog(f"{what} under way. Enter ends what is under way; esc stays.", "end")
    dialog.interrupted = "end"
    return dialog
