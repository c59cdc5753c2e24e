"""Beside the notebook: the world, the budget, the variables of the REPL."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from replplan.console import words
from replplan.console.clean import one_line
from replplan.limits import Limits
from replplan_tui.page import Page, Spent
from replplan_tui.palette import Palette, palette_of
from replplan_tui.sign import Sign
from replplan_tui.story import Story

_UNTOLD = "told of plans that are run under this app"
_NEAR, _AT_HAND = 0.8, 0.95


class Side(VerticalScroll, can_focus=True):
    """What of a plan is not in its notebooks."""

    def compose(self) -> ComposeResult:
        """A block for each."""
        for name in ("budget", "world", "variables"):
            yield Sign(name)

    def show(self, story: Story, page: Page, moment: int | None) -> None:
        """Show how a plan stood at a moment; None for now."""
        palette, width = palette_of(self.app), max(self.size.width - 3, 12)
        nothing = "none yet" if story.finished is None else _UNTOLD
        self.query_one("#budget", Sign).say(budget_text(story, moment, palette, width))
        self.query_one("#world", Sign).say(world_text(story, moment, palette))
        self.query_one("#variables", Sign).say(
            variables_text(page, moment, palette, width, nothing)
        )


def _heading(text: str, palette: Palette) -> Text:
    return Text(text, palette.style("title"), end="")


def budget_text(story: Story, moment: int | None, palette: Palette, width: int) -> Text:
    """A bar for each limit that there is, an amount for what has none."""
    limits, usage = story.limits.at(moment, Limits()), _usage(story, moment)
    rows = [_heading("Budget", palette)]
    for name in Spent._fields:
        used, allowed = getattr(usage, name), getattr(limits, name)
        if used is None:
            rows.append(Text(f"{name.replace('_', ' '):<12}not known", palette.style("dim")))
        elif allowed:
            rows.append(_bar(name, used, allowed, palette, width))
        elif used:
            rows.append(Text(f"{name.replace('_', ' '):<12}{_amount(name, used)}"))
    return Text("\n").join(rows)


def _usage(story: Story, moment: int | None) -> Spent:
    usage = story.spent(moment)
    return usage._replace(actions=story.world_at(moment).number or usage.actions)


def _bar(name: str, used: float, allowed: float, palette: Palette, width: int) -> Text:
    share = min(1.0, used / allowed)
    style = "error" if share >= _AT_HAND else "limit" if share >= _NEAR else "good"
    amount = f"{_amount(name, used)}/{_amount(name, allowed)}"
    room = max(width - 12 - len(amount) - 1, 4)
    full = max(round(share * room), int(used > 0))
    return Text.assemble(
        f"{name.replace('_', ' '):<12}",
        ("━" * full, palette.style(style)),
        ("─" * (room - full), palette.style("dim")),
        f" {amount}",
    )


def _amount(name: str, value: float) -> str:
    if name == "cost":
        return words.money(value)
    if name == "seconds":
        return f"{value:.0f} s"
    return f"{value / 1000:.1f}k" if value >= 10_000 else f"{value:g}"


def world_text(story: Story, moment: int | None, palette: Palette) -> Text:
    """What the world said last, and of which action."""
    act = story.world_at(moment)
    if not act.observation:
        return Text("")
    rows = [_heading("World", palette)]
    if act.action:
        score = f"  reward {act.reward:g}" if act.reward or act.ended else ""
        done = "  ended" if act.ended else ""
        rows.append(
            Text.assemble(
                (f"{act.number}. {act.action}", palette.style("act")),
                (score + done, palette.style("good" if act.reward > 0 else "dim")),
            )
        )
    rows.append(Text(act.observation))
    acts = [a for m, a in story.world[-400:] if moment is None or m <= moment]
    before = [f"{a.number}. {a.action}" for a in acts[-6:-1] if a.action]
    if before:
        rows += [Text(text, palette.style("dim")) for text in ("before it", *before)]
    return Text("\n").join(rows)


def variables_text(
    page: Page, moment: int | None, palette: Palette, width: int, nothing: str = "none yet"
) -> Text:
    """The variables of a REPL: names, types, short values."""
    variables = page.variables.at(moment, ())
    rows = [_heading(f"Variables of {one_line(page.name)}", palette)]
    if not page.variables:
        rows.append(Text(nothing, palette.style("dim")))
    for variable in variables:
        name, kind = one_line(variable.name, 30), one_line(variable.kind, 30)
        value = one_line(variable.value, max(width - len(name) - len(kind) - 3, 6))
        rows.append(
            Text.assemble(
                (name, palette.style("builtin")), (f" {kind} ", palette.style("dim")), value
            )
        )
    return Text("\n").join(rows)
