"""Record the example traces anew: `uv run python docs/examples/record.py`.

The completions below were written by hand, as a capable model might write them; everything else
in the traces is real: prompts, kernel, game, errors, answers. Replayed (`--model replay:TRACE`),
they show a plan without a model. They have to be recorded again when the words of a prompt change.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from paper_runs import PAPER
from webshop_runs import RUNS

from replplan.domain import Domain
from replplan.episode import Episode
from replplan.methods import planner_named
from replplan.model import ScriptedModel
from replplan.plugins import domain_class, kernel_opener
from replplan.trace import TraceWriter

HERE = Path(__file__).parent
Script = dict[str, list[str]]

PRICES = {
    "root": [
        """I look at the file first.
```python
import csv
rows = list(csv.DictReader(open("items.csv")))
print(len(rows), rows[0])
```""",
        """```python
answer(sum(not row["price"] for row in rows))
```""",
    ],
}

TWO_THINGS = {
    "root": [
        """I read the room. Searching is a sub-task of its own.
```python
import re
text = get_obs()
places = re.findall(r"a (\\w+ \\d+)", text)
kind, target = re.search(r"two (\\w+) and put them in (\\w+)", text).groups()
there = next(p for p in places if p.startswith(target))
print(kind, "->", there)
```""",
        """```python
for _ in range(2):
    # one each time, and not from where they are to go
    thing = find_and_take(kind, [p for p in places if p != there])
    act(f"go to {there}")
    print(act(f"move {thing} to {there}"))
```""",
    ],
    "find_and_take": [
        """```python
kind, todo = get_args()
todo = list(todo)
def search():
    while todo:
        place = todo.pop(0)
        seen = act(f"go to {place}")
        if "is closed" in seen:
            seen = act(f"open {place}")
        for name in re.findall(kind + r" \\d+", seen):
            act(f"take {name} from {place}")
            return name
answer(search())
```""",
        """`re` is the caller's, not mine: every REPL has its own names.
```python
import re
todo = list(get_args()[1])
answer(search())
```""",
        """The first search left out places that share their spot with another: `go to` is refused.
```python
def look(place):
    seen = act(f"go to {place}")
    if seen == "Nothing happens.":
        seen = act(f"examine {place}")
    return act(f"open {place}") if "is closed" in seen else seen
for place in get_args()[1]:
    if found := re.findall(kind + r" \\d+", look(place)):
        act(f"take {found[0]} from {place}")
        answer(found[0])
```""",
    ],
}


async def record(domain: Domain, task: str, script: Script, name: str, method: str = "") -> None:
    """Play a task with these completions, and keep the trace."""
    path, model = HERE / name, ScriptedModel(script, name="written by hand")
    path.unlink(missing_ok=True)
    with TraceWriter(path) as writer:
        opener = kernel_opener()
        planner = planner_named(method or "repl-plan")
        episode = Episode(
            domain, domain.task(task), model, opener, planner=planner, sinks=(writer,)
        )
        result = await episode.run()
    print(name, result.stop_reason, result.answer, result.solved, result.error or "")


async def main() -> None:
    """Record all examples."""
    notebook = domain_class("notebook")(
        goal="how many rows have an empty price?", files=[HERE / "items.csv"]
    )  # type: ignore[call-arg]
    await record(notebook, "goal", PRICES, "empty-prices.jsonl")
    await record(domain_class("alfworld")(), "demo-two", TWO_THINGS, "two-things.jsonl")
    for task, run in RUNS.items():
        await record(domain_class("webshop")(), task, run.script, f"webshop/{task}.jsonl")
    for name, run in PAPER.items():
        world = domain_class(run.domain)()
        await record(world, run.task, run.script, f"paper/{name}.jsonl", run.method)


if __name__ == "__main__":
    asyncio.run(main())
