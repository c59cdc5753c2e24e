"""A report as one page: pictures, tables, and each episode's plan to be opened.

Plans are packed (gzip, base64) and laid out when they are opened, so that a run of hundreds of
episodes is still a page that a browser shows at once.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from xml.etree.ElementTree import Element

from replplan.console import words
from replplan.errors import ReplplanError
from replplan.evaluate.line import EpisodeLine
from replplan.export.elements import html, node
from replplan.export.page import page
from replplan.export.plan_piece import plan_piece
from replplan.export.plan_tree import read_plan_tree
from replplan.report.pictures import COLOURS, pictures
from replplan.report.runs import Arm, Run
from replplan.report.tables import Table, tables
from replplan.report.text import title_of

MOST_PLANS = 1000
"""Episodes whose plans are put into a page, by default."""


def report_page(runs: Sequence[Run], arms: Sequence[Arm], most: int = MOST_PLANS) -> str:
    """The page of some runs, as the text of an HTML file.

    Args:
        runs: the runs.
        arms: their arms.
        most: how many plans are put into it; further episodes are listed without.
    """
    title = title_of(runs)
    body = node(
        "main",
        node("h1", title),
        *(node("p", fact, class_="setting") for run in runs for fact in _facts(run)),
        *(node("p", warning, class_="limit") for run in runs for warning in run.warnings),
        node("div", *pictures(arms), class_="pictures"),
        *map(table_piece, tables(arms)),
        *_episodes(arms, most),
        class_="report",
    )
    return page(title, body, style=_style(), script=_script())


@cache
def _style() -> str:
    return files("replplan.report").joinpath("report.css").read_text(encoding="utf-8")


@cache
def _script() -> str:
    return files("replplan.report").joinpath("report.js").read_text(encoding="utf-8")


def _facts(run: Run) -> Iterator[str]:
    info, study = run.info, run.info.study
    seeds = f"seeds {', '.join(map(str, study.seeds))}"
    yield f"{run.path.name or run.path}: {len(run.lines)} episodes · {seeds} · {info.created}"
    limits = words.allowed(study.limits)
    git = f" · {info.git.commit[:10]}{' (changed)' if info.git.changed else ''}" if info.git else ""
    version = info.packages.get("replplan", "?")
    yield f"replplan {version} · Python {info.python}{git} · each episode at most: {limits}"


def table_piece(table: Table) -> Element:
    """A table as a piece of a page."""
    head = node("tr", *(node("th", column) for column in table.columns))
    rows = [node("tr", *(node("td", cell) for cell in row)) for row in table.rows]
    shown = node("table", node("thead", head), node("tbody", *rows))
    note = node("p", table.note, class_="setting") if table.note else None
    return node("section", node("h2", table.title), node("div", shown, class_="wide"), note)


def _episodes(arms: Sequence[Arm], most: int) -> Iterator[Element]:
    yield node("h2", "Episodes")
    left = most
    every = [(n, arm, line) for n, arm in enumerate(arms) for line in arm.lines]
    yield _filters(arms)
    for n, arm, line in every:
        packed = _packed(arm, line, f"e{n}-{line.number}-") if left > 0 else None
        left -= packed is not None
        yield _episode(n, arm, line, packed)
    if len(every) > most:
        told = f"The plans of the first {most} episodes can be opened; --plans N takes in more."
        yield node("p", told, class_="setting")


def _filters(arms: Sequence[Arm]) -> Element:
    kinds = ["all", "solved", "not solved", "failed"]
    buttons = [node("button", kind, type="button", data_show=kind) for kind in kinds]
    names = [
        node("button", node("i", class_=f"dot c{n % COLOURS}"), arm.label, data_arm=str(n))
        for n, arm in enumerate(arms)
    ]
    return node("p", *buttons, " ", *(names if len(arms) > 1 else ()), class_="filters")


def _episode(n: int, arm: Arm, line: EpisodeLine, packed: str | None) -> Element:
    state = outcome_of(line)
    mark = {"solved": "✓", "failed": "!"}.get(state, "✗")
    head = [
        node("span", mark, class_="good" if state == "solved" else "bad"),
        node("i", class_=f"dot c{n % COLOURS}"),
        node("b", line.task),
        node("small", " · ".join(_told(arm, line))),
    ]
    about = {
        "class_": "episode",
        "data_state": state,
        "data_arm": str(n),
        "id": f"e{n}-{line.number}",
    }
    error = node("p", line.error, class_="bad prose") if line.error else None
    if packed is None:
        return node("details", node("summary", *head), error, **about)
    plan = node("div", class_="packed", data_plan=packed)
    return node("details", node("summary", *head), error, plan, **about)


def _told(arm: Arm, line: EpisodeLine) -> Iterator[str]:
    yield arm.label
    if len(arm.run.info.study.seeds) > 1:
        yield f"seed {line.seed}"
    yield line.stop_reason
    yield words.amount("turns", line.usage.turns)
    yield words.duration(line.usage.seconds)


def outcome_of(line: EpisodeLine) -> str:
    """One of solved, not solved, failed."""
    if line.stop_reason == "failed":
        return "failed"
    return "solved" if line.good else "not solved"


def _packed(arm: Arm, line: EpisodeLine, name: str) -> str | None:
    """The plan of an episode as packed HTML; None where its trace cannot be read."""
    trace = arm.run.trace(line)
    if trace is None:
        return None
    try:
        piece = html(plan_piece(read_plan_tree(trace), name))
    except ReplplanError as error:
        piece = html(node("p", str(error), class_="bad"))
    return base64.b64encode(gzip.compress(piece.encode(), 9, mtime=0)).decode()
