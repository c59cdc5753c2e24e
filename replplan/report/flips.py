"""The tasks that one of two arms alone solved, with links to both plans."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from rich.console import Console
from rich.style import Style
from rich.text import Text

from replplan.record import Json
from replplan.report.compare import Comparison, Pair, flipped_rows


def print_flips(console: Console, found: Comparison) -> None:
    """Print them; where a terminal knows links, the paths are links."""
    rows = flipped_rows(found)
    console.print(Text("Flipped tasks" if rows else "No task flipped", "bold"))
    for word, pair in rows:
        told = Text(f" {word:7}", "green" if word == "B won" else "red")
        told.append(f" {pair.a.task} seed {pair.a.seed}", Style(bold=True))
        for side, path in _traces(found, pair):
            told.append(f"\n         {side} ", Style(dim=True))
            told.append(str(path), Style(dim=True, link=path.absolute().as_uri()))
        console.print(told, soft_wrap=True)


def flips_as_markdown(found: Comparison) -> str:
    """Them as a list in Markdown."""
    lines = ["", "## Flipped tasks", ""]
    for word, pair in flipped_rows(found):
        links = ", ".join(f"[{side}]({quote(str(path))})" for side, path in _traces(found, pair))
        lines.append(f"- {word}: {pair.a.task}, seed {pair.a.seed}: {links}")
    return "\n".join(lines) + "\n"


def as_json(found: Comparison) -> dict[str, Json]:
    """All of a comparison as JSON."""
    return {
        "a": found.names[0],
        "b": found.names[1],
        "pairs": len(found.pairs),
        "failed": found.failed,
        "both": found.both,
        "only_a": len(found.only_a),
        "only_b": len(found.only_b),
        "mcnemar_p": found.p,
        "differences": [d._asdict() for d in found.differences],
        "flipped": [
            {"task": pair.a.task, "seed": pair.a.seed, "b_has": word.removeprefix("B ")}
            | {side.lower(): str(path) for side, path in _traces(found, pair)}
            for word, pair in flipped_rows(found)
        ],
    }


def _traces(found: Comparison, pair: Pair) -> Iterator[tuple[str, Path]]:
    for side, arm, line in (("A", found.a, pair.a), ("B", found.b, pair.b)):
        if trace := arm.run.trace(line):
            yield side, trace
