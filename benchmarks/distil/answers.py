"""How many fuzzy questions about unseen households the embedded model answers rightly.

    uv run python benchmarks/distil/answers.py --count 400 [--new] [--untaught | --plan] [--json]
    uv run python benchmarks/distil/answers.py --split dev --count 600 --yes-no --write FILE

The questions are those of `questions.py`, about games of `test`; a reply is held to its schema.
Of yes-or-no questions, half are to be answered with yes; --new puts them in words that are not
taught.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from distil.questions import YES_NO, Asked, Asker, ask_about, transcript
from distil.transcripts import learn
from replplan.domain import Adapters
from replplan.model import Message, Model, Request
from replplan.models import make_model
from replplan_domains.alfworld import ALFWorld
from replplan_domains.alfworld.game import Game
from replplan_domains.alfworld.records import read_record


def kind(asked: Asked) -> str:
    """Which sort of question it is, and of which sort its answer."""
    if not asked.fits:
        return f"{asked.sort}, text"
    return f"{asked.sort}, {'choice' if 'enum' in asked.fits else asked.fits['type']}"


def draw_questions(args: argparse.Namespace) -> list[Asked]:
    """Questions about what is usual, and about what games of a split show; a few about each."""
    draw = random.Random("answers")
    games = (Game.from_record(read_record(t.data)) for t in ALFWorld().tasks(args.split))
    asked = ask_about(games, learn(None), Asker(draw, args.new), each=9)
    return list(islice((q for q in asked if _wanted(q, args)), args.count))


def _wanted(asked: Asked, args: argparse.Namespace) -> bool:
    if args.yes_no:
        return asked.fits is YES_NO
    return not args.others or asked.fits is not YES_NO


async def right(model: Model, asked: Asked) -> bool:
    """Whether the model's answer is the right one."""
    *prompt, reply = transcript(asked)["messages"]
    messages = tuple(Message(**row) for row in prompt)
    schema = {"type": "object", "properties": {"answer": asked.fits}, "required": ["answer"]}
    schema["additionalProperties"] = False
    request = Request(messages=messages, schema_=schema if asked.fits else None, purpose="ask")
    completion = await model.complete(request)
    if not asked.fits:
        return bool(completion.text.strip() == reply["content"])
    return bool(json.loads(completion.text) == json.loads(reply["content"]))


def adapters(args: argparse.Namespace) -> Adapters | None:
    """What it was taught; with --plan of plans alone."""
    taught = ALFWorld().adapters
    if args.untaught or taught is None:
        return None
    return Adapters(taught.plan) if args.plan else taught


async def measure(args: argparse.Namespace) -> dict[str, object]:
    """Right answers of each kind of question."""
    model = make_model("local", adapters=adapters(args))
    asked_of, right_of = Counter[str](), Counter[str]()
    try:
        for asked in draw_questions(args):
            kinds = [kind(asked), f"all, {kind(asked).partition(', ')[2]}"]
            asked_of.update(kinds)
            if await right(model, asked):
                right_of.update(kinds)
    finally:
        await model.close()
    rows = {k: f"{right_of[k]}/{n}" for k, n in sorted(asked_of.items())}
    return {"model": model.name, **rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--split", choices=["dev", "test"], default="test")
    parser.add_argument("--yes-no", action="store_true", help="no others")
    parser.add_argument("--others", action="store_true", help="choices, numbers, lists and texts")
    parser.add_argument("--new", action="store_true", help="yes-or-no questions in new words")
    parser.add_argument("--untaught", action="store_true", help="the weights as they came")
    parser.add_argument("--plan", action="store_true", help="with the adapter for plans alone")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the questions, ask none")
    args = parser.parse_args()
    if args.write:
        rows = map(transcript, draw_questions(args))
        args.write.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return
    found = asyncio.run(measure(args))
    print(json.dumps(found) if args.json else "\n".join(f"{k:20} {v}" for k, v in found.items()))


if __name__ == "__main__":
    main()
