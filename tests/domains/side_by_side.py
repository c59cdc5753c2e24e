"""Both engines on the same games, step by step: `python side_by_side.py DATA PART PARTS`.

Each game of DATA's slim files is rebuilt as the official file, byte for byte, and played twice in
both engines: along the stored plan with other commands strewn in, then by commands drawn at random,
one in five of which is refused. What either says is compared whole: text, reward, end, and all
admissible commands. It prints one JSON object, and on the error stream how far it has come.
"""

from __future__ import annotations

import gc
import hashlib
import importlib.util
import json
import os
import pickle
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from replplan.domain import Environment, Task, Transition
from replplan_domains.alfworld import ALFWorld

STEPS = 32
OFTEN = {"go": 3, "take": 3, "slice": 3, "use": 2, "heat": 2, "cool": 2, "clean": 2, "help": 0.2}
"""How often a verb is drawn where it is possible; others once."""

ODD = (
    "take {a} from {b}", "move {a} to {b}", "put {a} in/on {b}", "open {a}", "close {a}",
    "examine {a}", "use {a}", "go to {a}", "heat {a} with {b}", "cool {a} with {b}",
    "clean {a} with {b}", "slice {a} with {b}", "{a}", "", "take", "go to", "think: hm", "{legal}.",
)  # fmt: skip


@dataclass
class Pair:
    """A game in both engines."""

    official: Environment
    own: Environment
    steps: int = 0
    differences: list[str] = field(default_factory=list)

    def reset(self) -> list[str]:
        """Begin; the commands that a player might try."""
        if self.official.reset() != self.own.reset():
            self.differences.append("the first text")
        return ["look", "inventory"]

    def step(self, command: str) -> Transition:
        theirs, ours = self.official.step(command), self.own.step(command)
        self.steps += 1
        if theirs != ours:
            self.differences.append(f"{command!r}: {theirs!r} and {ours!r}")
        return ours

    def take_over(self) -> None:
        """Go on from a pickled copy; what the one before does then is not to be felt."""
        before, self.own = self.own, pickle.loads(pickle.dumps(self.own))
        before.step("look")


def odd(rng: random.Random, names: list[str], legal: list[str]) -> str:
    command = rng.choice(legal)
    if rng.random() < 0.2:
        return rng.choice([command.upper(), f"  {command} \n", command.replace(" ", "  ")])
    return rng.choice(ODD).format(a=rng.choice(names), b=rng.choice(names), legal=command)


def likely(rng: random.Random, legal: list[str]) -> str:
    """A possible command: first a verb is drawn, since most commands are `go to`."""
    verbs: dict[str, list[str]] = {}
    for command in legal:
        verbs.setdefault(command.split()[0], []).append(command)
    (verb,) = rng.choices(list(verbs), [OFTEN.get(v, 1) for v in verbs])
    return rng.choice(verbs[verb])


def play(pair: Pair, plan: list[str], names: list[str], rng: random.Random) -> None:
    pair.reset()
    for command in plan:
        while rng.random() < 0.2:
            pair.step(rng.choice(["look", "inventory", "help", odd(rng, names, ["look"])]))
        last = pair.step(command)
    if not last.terminated or last.reward != 1:
        pair.differences.append("the plan does not win")
    legal = pair.reset()
    for _ in range(STEPS):
        if rng.random() < 0.05:
            pair.take_over()
        command = likely(rng, legal) if rng.random() < 0.8 else odd(rng, names, legal)
        transition = pair.step(command)
        allowed: Any = transition.info["admissible"]
        legal = pair.reset() if transition.terminated else allowed


def names_of(task: Task) -> list[str]:
    """Names of things and receptacles, there or not."""
    data: Any = task.data
    kinds = sorted({str(name).split("|")[0].lower() for name in data["objects"]})
    places = sorted({str(name).split("|")[0].lower() for name in data["receptacles"]})
    return [f"{kind} {n}" for kind in [*kinds, *places] for n in (1, 2)]


def rebuilt(data: Path, part: int, parts: int) -> Iterator[dict[str, Any]]:
    """The official files of a share of the games, in a tree as upstream has it."""
    spec = importlib.util.spec_from_file_location("expand", data / "expand.py")
    assert spec
    assert spec.loader
    expand = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(expand)
    shared = expand.common()
    records = [r for path in sorted(data.glob("*.jsonl.gz")) for r in expand.read_slim(path)]
    for record in records[part::parts]:
        text = expand.expand(record, shared)
        if hashlib.sha256(text.encode()).hexdigest() != record["sha256"]:
            raise ValueError(f"{record['id']} is not the official file")
        yield {"id": record["id"], "split": record["split"], "text": text}


def main(data: Path, part: int, parts: int) -> None:
    os.nice(10)  # what else is tested meanwhile goes first
    gc.set_threshold(100_000)  # a translation makes a million objects that all stay until it ends
    games, steps, kinds, differences = 0, 0, Counter[str](), list[str]()
    with tempfile.TemporaryDirectory() as folder:
        for game in rebuilt(data, part, parts):
            path = Path(folder) / "json_2.1.1" / game["split"] / game["id"] / "game.tw-pddl"
            path.parent.mkdir(parents=True)
            path.write_text(game["text"], encoding="utf-8")
        official = ALFWorld(data=folder, engine="official", strict=True, actions=1000)
        own = ALFWorld(data=folder, strict=True, actions=1000)
        for split in own.splits():
            for task in own.tasks(split):
                pair = Pair(official.open(task), own.open(task))
                plan = [str(c) for c in task.data["walkthrough"]]  # type: ignore[union-attr]
                play(pair, plan, names_of(task), random.Random(f"0/{task.id}"))
                pair.official.close()
                games, steps = games + 1, steps + pair.steps
                kinds[str(task.data["type"])] += 1
                differences += [f"{task.id}: {d}" for d in pair.differences]
                if games % 20 == 0:
                    so_far = f"{games} games, {steps} steps, {len(differences)} differences"
                    print(f"part {part} of {parts}: {so_far}", file=sys.stderr, flush=True)
    print(json.dumps({"games": games, "steps": steps, "kinds": kinds, "different": differences}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
