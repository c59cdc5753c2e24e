"""The table of worlds in docs/worlds.md, made by one command.

    uv run python benchmarks/worlds.py --write             # measures, and rewrites the table
    uv run python benchmarks/worlds.py --no-model          # without the embedded model, to look

For every world that is installed: its splits and their sizes, what its baseline and the embedded
model come to on the first tasks of its default split (share solved, mean score), and how long a
step takes: the mean over all steps of the baseline, the world in this process. A world without
steps has none. What is not installed is named below the table. The model takes the time: at most
worlds x tasks x seconds, 45 minutes as it stands.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from replplan.baseline import Played, play_baseline
from replplan.domain import Domain
from replplan.plugins import domain_names, make_domain

PAGE = Path(__file__).parents[1] / "docs" / "worlds.md"
BEGIN, END = "<!-- table: made by benchmarks/worlds.py -->\n", "<!-- end of table -->\n"
HEAD = "| world | tasks | baseline | solved | score | `{}` solved | score | ms a step |"


@dataclass(frozen=True)
class Figures:
    """What one player came to: the share solved, and the mean score."""

    solved: float
    score: float

    def __str__(self) -> str:
        return f"{100 * self.solved:.0f} % | {self.score:.2f}"


def worlds(names: list[str]) -> tuple[list[Domain], list[str]]:
    """The worlds that can be measured here, and a line for each that cannot."""
    here, absent = [], []
    for name in names:
        domain = make_domain(name, {})
        missing = [need for need in domain.needs if not need.is_here]
        if missing:
            absent.append(f"{name}: {missing[0].what} is not installed here, {missing[0].remedy}")
        elif domain.baseline:
            here.append(domain)
    return here, absent


def sizes(domain: Domain) -> str:
    """The splits and how many tasks they have."""
    found = {split: len(domain.tasks(split)) for split in domain.splits()}
    return ", ".join(f"{split} {count:,}" for split, count in found.items())


def baseline(domain: Domain, tasks: int) -> tuple[Figures, float | None]:
    """What the baseline comes to, and milliseconds of a step."""
    played = [
        play_baseline(domain, task) for task in islice(domain.tasks(domain.default_split), tasks)
    ]
    steps = sum(p.actions for p in played)
    ms = 1000 * sum(p.seconds for p in played) / steps if steps else None
    return figures(played), ms


def figures(played: list[Played]) -> Figures:
    return Figures(
        statistics.mean(bool(p.score.solved) for p in played),
        statistics.mean(p.score.value or 0.0 for p in played),
    )


def model(names: list[str], tasks: int, name: str, seconds: float) -> dict[str, Figures]:
    """What a model comes to in these worlds, by `replplan eval --suite quick`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "replplan", "eval", "--suite", "quick", ",".join(names)]
        whole = seconds * tasks * len(names) / 0.8
        limits = ["--limit", tasks, "--seconds", seconds, "--total-seconds", whole, "--turns", 40]
        out = ["--model", name, "--out", folder, "--json"]
        done = subprocess.run([*command, *map(str, [*limits, *out])], stdout=subprocess.PIPE)
    rows: list[dict[str, Any]] = json.loads(done.stdout)["worlds"]
    for row in rows:
        if row["fault"]:
            print(f"{row['domain']}: {row['fault']}", file=sys.stderr)
    return {r["domain"]: Figures(r["solved"] / r["done"], r["score"]) for r in rows if r["done"]}


def table(args: argparse.Namespace) -> str:
    here, absent = worlds(args.worlds.split(",") if args.worlds else list(domain_names()))
    played = {}
    if not args.no_model:
        played = model([d.name for d in here], args.model_tasks, args.model, args.seconds)
    rows = []
    for domain in here:
        ours, ms = baseline(domain, args.tasks)
        cells = (
            f"`{domain.name}`", sizes(domain), domain.baseline, str(ours),
            str(played.get(domain.name, " | ")),
            "" if ms is None else f"{ms:.2g}",
        )  # fmt: skip
        rows.append(f"| {' | '.join(cells)} |")
        print(rows[-1], file=sys.stderr)
    head = HEAD.format(args.model)
    said = f"The first {args.tasks} tasks of the default split; with the model "
    model_limits = f"{args.model_tasks}, each of {args.seconds:g} s and 40 turns at most"
    said += "not measured yet" if args.no_model else model_limits
    lines = [head, f"|{'---|' * (head.count('|') - 1)}", *rows, "", f"{said}.", *absent]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", type=int, default=20)
    parser.add_argument("--model-tasks", type=int, default=6)
    parser.add_argument("--worlds", help="names with commas; all that are installed else")
    parser.add_argument("--model", default="local")
    parser.add_argument("--no-model", action="store_true")
    parser.add_argument("--seconds", type=float, default=45.0, help="what an episode may take")
    parser.add_argument("--write", action="store_true", help="put the table into docs/worlds.md")
    args = parser.parse_args()
    made = table(args)
    if not args.write:
        print(made, end="")
        return
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}{made}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
