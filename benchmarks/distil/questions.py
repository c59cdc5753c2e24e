"""Fuzzy questions about households, with their answers, as `ask` puts them to the model.

    uv run python benchmarks/distil/questions.py OUT.jsonl --official DIR --count 1500

What is true is read off training games: where things usually are, and what an observation says.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

from distil.knowledge import Knowledge
from distil.transcripts import games, learn
from replplan.prompt import Question, ask_messages
from replplan_domains.alfworld.engine import Play
from replplan_domains.alfworld.game import Game
from replplan_domains.alfworld.records import read_record

Asked = tuple[str, tuple[str, ...], dict[str, Any], Any]
"""A question, its context, the schema of its answer, and the answer."""

YES_NO = {"type": "boolean"}
NUMBER = {"type": "integer"}


def usual(knowledge: Knowledge, draw: random.Random) -> Iterator[Asked]:
    """Where things usually are."""
    everywhere = sorted({w for t in knowledge.things for w in knowledge.likely(t)})
    while True:
        thing = draw.choice([t for t in knowledge.things if knowledge.likely(t)])
        likely = knowledge.likely(thing)
        unlikely = [w for w in everywhere if w not in likely]
        if draw.random() < 0.5 or not unlikely:
            others = draw.sample(unlikely, min(len(unlikely), draw.randint(1, 4)))
            best = draw.choice(likely[:2])
            among = sorted([best, *others], key=lambda _: draw.random())
            words = ("Where is a {} most likely?", "Where should I look for a {} first?")
            yield draw.choice(words).format(thing), (), {"enum": among}, best
        else:
            truth = draw.random() < 0.5
            where = draw.choice(likely[:3] if truth else unlikely)
            words = ("Is a {} usually in or on a {}?", "Would one look for a {} in a {}?")
            yield draw.choice(words).format(thing, where), (), YES_NO, truth


def seen(game: Game, draw: random.Random) -> Iterator[Asked]:
    """What an observation says."""
    play = Play.start(game)
    kinds = sorted({game.type[o] for r in game.receptacles for o in play.contents(r)})
    while kinds:
        place = draw.choice(game.receptacles)
        here, text = play, ""
        for command in (f"go to {place}", f"open {place}"):
            if command in here.deeds:
                here, text = here.perform(command)
        names = sorted(here.contents(place))
        if not text or "you see nothing" in text:
            continue
        kind = (
            game.type[draw.choice(names)] if names and draw.random() < 0.6 else draw.choice(kinds)
        )
        there = [n for n in names if game.type[n] == kind]
        match draw.randrange(4):
            case 0:
                yield f"Is there a {kind}?", (text,), YES_NO, bool(there)
            case 1:
                yield f"Is the {place} closed?", (text,), YES_NO, "is closed" in text
            case 2:
                yield f"How many of {kind} are there?", (text,), NUMBER, len(there)
            case _ if names:
                right = draw.choice(names)
                kind = game.type[right]
                among = [n for n in names if game.type[n] != kind][:4]
                options = sorted([right, *among], key=lambda _: draw.random())
                yield f"Which is a {kind}?", (text,), {"enum": options}, right


def transcript(asked: Asked) -> dict[str, Any]:
    """A question and its answer, as messages."""
    text, context, fits, answer = asked
    schema = {"type": "object", "properties": {"answer": fits}}
    schema |= {"required": ["answer"], "additionalProperties": False}
    messages = ask_messages(Question(text, context, schema))
    rows: list[dict[str, Any]] = [{"role": m.role, "content": m.content} for m in messages]
    reply = json.dumps({"answer": answer})
    rows.append({"role": "assistant", "content": reply, "train": True})
    return {"game": "", "session": "ask", "messages": rows}


def questions(official: Path | None, count: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """So many questions, half of them about an observation."""
    draw = random.Random(f"questions/{seed}")
    about = usual(learn(official), draw)
    for _, task in islice(games(official, count), count // 2):
        yield transcript(next(about))
        yield transcript(next(seen(Game.from_record(read_record(task.data)), draw)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--official", type=Path)
    parser.add_argument("--count", type=int, default=1500)
    args = parser.parse_args()
    with args.out.open("w") as out:
        out.writelines(json.dumps(q) + "\n" for q in questions(args.official, args.count))


if __name__ == "__main__":
    main()
