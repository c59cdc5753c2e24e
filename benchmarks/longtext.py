"""Questions over long texts, answered by replplan and by rlms on one endpoint.

    uv run python benchmarks/longtext.py [--sizes 10000,100000,1000000] [--latency 0.5] [--json]

The endpoint plans by a script, the same plan for both in the words of each, and reads without
error. A plan either picks by code the messages that matter and has those read, twenty at a time
(`pick`), or has the whole text read in pieces of 40,000 characters (`whole`, counts alone). What is
compared is what lies between: right answers, completions, tokens (four characters each), seconds.
rlms comes from its package, in an environment that uv makes for this run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from endpoint import Body, Endpoint

from replplan.domain import Task
from replplan.episode import Episode
from replplan.openai_model import OpenAIModel
from replplan.plugins import kernel_opener
from replplan.pool import Pool
from replplan_domains.longtext import LongText
from replplan_domains.longtext.questions import KINDS
from replplan_domains.longtext.reader import reply_to, topics_of
from replplan_domains.longtext.tasks import case_of

RLMS = "rlms==0.1.3"
LINES = "records = [line.split(' | ', 2) for line in {text}.splitlines()]\n"
INSIDE = (
    LINES + "inside = [(int(p.split()[1]), words) for day, p, words in records"
    " if {first!r} <= day <= {last!r}]\nprint(len(inside), inside[:2])"
)
NEAR = "near = [line for line in {text}.splitlines() if {place!r} in line]\nprint(near)"
EACH = "What is each of these messages about: noise, water, roads, waste, lights, parks or keys?"
JSON_ALONE = " Reply with a JSON list of words and nothing else."
BATCHES = (
    "batches = ['\\n'.join(words for _, words in inside[i:i + 20])"
    " for i in range(0, len(inside), 20)]\n"
)
PIECES = (
    "pieces, rest = [], {text}\n"
    "while rest:\n"
    "    end = len(rest) if len(rest) <= 40_000 else rest.rfind('\\n', 0, 40_000) + 1\n"
    "    pieces.append(rest[:end])\n"
    "    rest = rest[end:]\n"
)
FINISH = {
    "count": "found.count({topic!r})",
    "by-topic": "{{t: found.count(t) for t in {topics!r}}}",
    "pairs": (
        "[list(pair) for pair in __import__('itertools').combinations(sorted("
        "{{p for (p, _), t in zip(inside, found) if t == {topic!r}}}), 2)]"
    ),
}


@dataclass(frozen=True)
class Dialect:
    """How a plan's steps are written for one of the two."""

    text: str
    fence: str
    batches: str
    one: str
    numbers: str
    done: str


OURS = Dialect(
    text="text",
    fence="python",
    batches="found = sum(ask.map({question!r}, batches, type=list[str]), [])\nprint(found[:5])",
    one="number = ask({question!r}, '\\n'.join(near), type=int)\nprint(number)",
    numbers="counts = ask.map({question!r}, pieces, type=int)\nprint(sum(counts))",
    done="answer({value})",
)
THEIRS = Dialect(
    text="context",
    fence="repl",
    batches=(
        "import json\n"
        "said = llm_query_batched([batch + '\\n\\n' + {question!r} for batch in batches])\n"
        "found = sum((json.loads(words) for words in said), [])\nprint(found[:5])"
    ),
    one="number = int(llm_query('\\n'.join(near) + '\\n\\n' + {question!r}))\nprint(number)",
    numbers=(
        "counts = list(map(int, llm_query_batched([p + '\\n\\n' + {question!r} for p in pieces])))"
        "\nprint(sum(counts))"
    ),
    done="import json\nanswer['content'] = json.dumps({value})\nanswer['ready'] = True",
)


def steps(task: Task, plan: str, dialect: Dialect) -> list[str]:
    """The cells of a plan."""
    here = case_of(task)
    named = {**here.named, "first": here.named["from"], "last": here.named["to"]}
    named |= {
        "text": dialect.text,
        "topics": ["noise", "water", "roads", "waste", "lights", "parks"],
    }
    if here.kind == "needle":
        question = f"Which key opens the {named['place']}? Reply with its number alone."
        cells = [NEAR.format(**named), dialect.one.format(question=question)]
        return [*cells, dialect.done.format(value="number")]
    if plan == "whole":
        days = f"from {named['first']} to {named['last']}"
        question = (
            f"How many of these messages are about {named['topic']} {days}? The number alone."
        )
        cells = [
            PIECES.format(**named) + "print(len(pieces))",
            dialect.numbers.format(question=question),
        ]
        return [*cells, dialect.done.format(value="sum(counts)")]
    question = EACH + (JSON_ALONE if dialect is THEIRS else "")
    cells = [INSIDE.format(**named), BATCHES + dialect.batches.format(question=question)]
    return [*cells, dialect.done.format(value=FINISH[here.kind].format(**named))]


@dataclass
class Counting(Endpoint):
    """An endpoint that counts what it was asked, and takes its time."""

    latency: float = 0.0
    calls: int = 0
    tokens: list[int] = field(default_factory=lambda: [0, 0])

    def usage(self, body: Body, text: str) -> Body:
        sent = sum(len(m["content"]) for m in body["messages"]) // 4
        said = -(-len(text) // 4)
        self.calls, self.tokens = self.calls + 1, [self.tokens[0] + sent, self.tokens[1] + said]
        return {"prompt_tokens": sent, "completion_tokens": said, "total_tokens": sent + said}

    def play(self, cells: list[str], fence: str) -> None:
        """Plan by these cells from now on, and read."""
        self.calls, self.tokens = 0, [0, 0]
        self.requests.clear()

        def reply(body: Body) -> str:
            time.sleep(self.latency)
            messages = body["messages"]
            plans = f"```{fence}" in messages[0]["content"] or "REPL" in messages[0]["content"]
            if not plans or len(messages) < 2:
                return read(messages[-1]["content"])
            turn = sum(m["role"] == "assistant" for m in messages)
            return f"```{fence}\n{cells[turn]}\n```"

        self.script(reply)


def read(prompt: str) -> str:
    """What a reader without error replies."""
    before, _, question = prompt.rpartition("\n\n")
    if not question.startswith("How many"):
        return reply_to(prompt)
    first, last = re.findall(r"\d{4}-\d\d-\d\d", question)
    topic = question.split(" about ")[1].split()[0]
    lines = [line.split(" | ") for line in before.splitlines()]
    return str(sum(topic in topics_of(x[2]) for x in lines if first <= x[0] <= last))


async def ours(domain: LongText, task: Task, endpoint: Counting) -> dict[str, Any]:
    model = OpenAIModel(endpoint.model, base_url=endpoint.url, api_key=endpoint.key)
    began = time.perf_counter()
    episode = Episode(domain, task, model, kernel_opener(), pool=Pool(()))
    result = await episode.run()
    seconds = time.perf_counter() - began
    await model.close()
    return {"said": json.dumps(result.answer), "seconds": seconds, "error": result.error}


def theirs(domain: LongText, task: Task, endpoint: Counting) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        text.write_text(domain.text(task), encoding="utf-8")
        job = {"url": endpoint.url, "key": endpoint.key, "model": endpoint.model}
        job |= {"text": str(text), "goal": task.goal}
        script = str(Path(__file__).with_name("longtext_rlms.py"))
        command = ["uv", "run", "--no-project", "--with", RLMS, "python", script]
        done = subprocess.run(
            command, input=json.dumps(job), capture_output=True, text=True, cwd=folder
        )
    if done.returncode:
        raise SystemExit(f"rlms did not run:\n{done.stderr[-3000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(name: str, size: int, plan: str, number: int, endpoint: Counting) -> dict[str, Any]:
    """One question, answered by one of the two."""
    domain = LongText(size=size)
    task = domain.tasks("test")[number]
    dialect = OURS if name == "replplan" else THEIRS
    endpoint.play(steps(task, plan, dialect), dialect.fence)
    domain.text(task)  # drawn before the clock runs
    if name == "replplan":
        done = asyncio.run(ours(domain, task, endpoint))
    else:
        done = theirs(domain, task, endpoint)
    return {
        "by": name, "tokens of text": size, "plan": plan, "kind": task.data["kind"],
        "right": said_right(done["said"], domain.gold_answer(task).value),
        "calls": endpoint.calls, "tokens in": endpoint.tokens[0], "tokens out": endpoint.tokens[1],
        "seconds": round(done["seconds"], 2), "error": done.get("error"),
    }  # fmt: skip


def said_right(said: str, gold: Any) -> bool:
    try:
        return bool(json.loads(said) == gold)
    except ValueError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", default="10000,100000,1000000,10000000")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds of each completion")
    parser.add_argument("--whole", type=int, default=1_000_000, help="largest text read as a whole")
    parser.add_argument("--only", choices=("replplan", "rlms"))
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = []
    with Counting(latency=args.latency) as endpoint:
        if args.only != "rlms":
            measure("replplan", 2_000, "pick", 0, endpoint)  # what is imported and warmed up once
        for size in map(int, args.sizes.split(",")):
            jobs = [("pick", number) for number in range(len(KINDS))]
            jobs += [("whole", list(KINDS).index("count"))] if size <= args.whole else []
            for plan, number in jobs:
                for name in (args.only,) if args.only else ("replplan", "rlms"):
                    rows.append(measure(name, size, plan, number, endpoint))
                    if not args.json:
                        print("  ".join(f"{k} {v}" for k, v in rows[-1].items() if v is not None))
    if args.json:
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
