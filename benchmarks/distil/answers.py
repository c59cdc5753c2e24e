"""How many fuzzy questions about unseen households the embedded model answers rightly.

    uv run python benchmarks/distil/answers.py --count 100 [--untaught] [--json] [--write FILE]

The questions are those of `questions.py`, about games of `test`; a reply is held to its schema.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections import Counter
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from distil.questions import Asked, seen, transcript, usual
from distil.transcripts import learn
from replplan.model import Message, Model, Request
from replplan.models import make_model
from replplan_domains.alfworld import ALFWorld
from replplan_domains.alfworld.game import Game
from replplan_domains.alfworld.records import read_record


def kind(asked: Asked) -> str:
    """Where its answer is found, and of which sort it is."""
    _, context, fits, _ = asked
    return f"{'seen' if context else 'usual'}, {'choice' if 'enum' in fits else fits['type']}"


def ask_about(count: int) -> list[Asked]:
    """Questions about what is usual, and about what a game of `test` shows."""
    draw = random.Random("answers")
    about = usual(learn(None), draw)
    games = [Game.from_record(read_record(t.data)) for t in ALFWorld().tasks("test")[:count]]
    return [q for game in games for q in (next(about), next(seen(game, draw)))][:count]


async def right(model: Model, asked: Asked) -> bool:
    """Whether the model's answer is the right one."""
    *prompt, reply = transcript(asked)["messages"]
    messages = tuple(Message(**row) for row in prompt)
    schema = {"type": "object", "properties": {"answer": asked[2]}, "required": ["answer"]}
    schema["additionalProperties"] = False
    request = Request(messages=messages, schema_=schema, purpose="ask")
    completion = await model.complete(request)
    return bool(json.loads(completion.text) == json.loads(reply["content"]))


async def measure(args: argparse.Namespace) -> dict[str, object]:
    """Right answers of each kind of question."""
    model = make_model("local", adapter=None if args.untaught else ALFWorld().adapter)
    asked_of, right_of = Counter[str](), Counter[str]()
    try:
        for asked in ask_about(args.count):
            asked_of[kind(asked)] += 1
            right_of[kind(asked)] += await right(model, asked)
    finally:
        await model.close()
    rows = {k: f"{right_of[k]}/{n}" for k, n in sorted(asked_of.items())}
    return {"model": model.name, "right": f"{right_of.total()}/{asked_of.total()}", **rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--untaught", action="store_true", help="the weights as they came")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the questions, ask none")
    args = parser.parse_args()
    if args.write:
        asked = ask_about(args.count)
        args.write.write_text("".join(json.dumps(transcript(q)) + "\n" for q in asked))
        return
    rows = asyncio.run(measure(args))
    print(json.dumps(rows) if args.json else "\n".join(f"{k:20} {v}" for k, v in rows.items()))


if __name__ == "__main__":
    main()
