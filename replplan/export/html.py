"""A trace as one page: the plan as a tree of REPLs with cells, outputs, calls and world."""

from __future__ import annotations

from pathlib import Path

from replplan.export.elements import node
from replplan.export.page import page
from replplan.export.plan_piece import outline, plan_piece
from replplan.export.plan_tree import PlanTree, read_plan_tree


def to_html(path: Path) -> str:
    """The page of a trace.

    Raises:
        TraceError: it cannot be read.
    """
    return plan_page(read_plan_tree(path))


def plan_page(plan: PlanTree) -> str:
    """The page of one plan, as the text of an HTML file."""
    buttons = node(
        "div",
        node("button", "open all", type="button", data_fold="open"),
        node("button", "close all", type="button", data_fold="close"),
        class_="bar",
    )
    return page(
        plan.started.goal, node("div", outline(plan), plan_piece(plan), class_="beside"), buttons
    )
