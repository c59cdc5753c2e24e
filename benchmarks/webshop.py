"""How fast the shop is, what shoppers without a model come to, and how large it may grow.

    uv run python benchmarks/webshop.py --json                        # ms a step and a search
    uv run python benchmarks/webshop.py --data DIR --baselines        # score and success by rules
    uv run python benchmarks/webshop.py --worlds 50                   # memory of many at once
    uv run python benchmarks/webshop.py --products 1000000            # a catalogue of a million

The figures of the official engine are those of its Python server with Lucene in a Java process,
on the catalogue of 1,000 products, measured on a shared 2-core machine.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from replplan.domain import Task
from replplan.world import open_world
from replplan_domains.draw import Draw
from replplan_domains.webshop import WebShop
from replplan_domains.webshop.goods.make import make_products
from replplan_domains.webshop.goods.wants import make_goals
from replplan_domains.webshop.parsing import parse_results
from replplan_domains.webshop.records import Goal, Product
from replplan_domains.webshop.shop import FOUND
from replplan_domains.webshop.shopper import SHOPPERS, play

OFFICIAL = {"ms_step": 42.0, "ms_first_search": 460.0, "s_start": 7.0}
TOURS = 300
CUSTOMERS = 12
"""Seeds whose goods somebody wants: about 12,000 goals in words of people, as the real ones."""


def tour(page: str) -> list[str]:
    """What a customer does on from his page of results, who looks around before he buys."""
    found = [f"click[{item['asin']}]" for item in parse_results(page)[:3]]
    looks = ("click[Features]", "click[< Prev]", "click[< Prev]")
    actions = [action for link in found for action in (link, *looks)]
    actions += ["click[Next >]", "click[< Prev]", "click[no such thing]", *found[:1]]
    return [*actions, "click[Buy Now]"]


def measure_speed(domain: WebShop) -> dict[str, Any]:
    """Milliseconds a step and a search, beside those of the official engine."""
    began = time.perf_counter()
    tasks = domain.tasks("all")[:TOURS]
    opened = time.perf_counter() - began
    queries = list(dict.fromkeys(task.goal.lower() for task in tasks))
    searches = [clock(lambda q=query: domain.shop._index.search(q, FOUND)) for query in queries]
    steps = [ms for task in tasks for ms in tour_times(domain, task)]
    mine = {
        "ms_step": statistics.mean(steps),
        "ms_search": statistics.mean(searches),
        "ms_first_search": searches[0],
        "s_start": opened,
    }
    times = {name: OFFICIAL[name] / mine[name] for name in OFFICIAL}
    return {"ours": mine, "official": OFFICIAL, "times_faster": times, "steps": len(steps)}


def clock(call: Any) -> float:
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)


def tour_times(domain: WebShop, task: Task) -> list[float]:
    environment, times = domain.open(task), list[float]()

    def step(action: str) -> str:
        began = time.perf_counter()
        page = environment.step(action).observation
        times.append(1000 * (time.perf_counter() - began))
        return page

    environment.reset()
    for action in tour(step(f"search[{task.goal}]")):
        step(action)
    return times


def measure_baselines(domain: WebShop, split: str, tasks: int) -> dict[str, Any]:
    """Score and success of the shoppers without a model."""
    chosen = domain.tasks(split)[:tasks]
    table = {}
    for name, shopper in SHOPPERS.items():
        results = [play(shopper, domain.open(task)) for task in chosen]
        table[name] = {key: statistics.mean(r[key] for r in results) for key in ("score", "solved")}
    return {"split": split, "tasks": len(chosen), "shoppers": table}


async def measure_worlds(domain: WebShop, worlds: int) -> dict[str, Any]:
    """Memory of the world's processes: of one environment, and of many at once."""
    tasks, memory = domain.tasks("all"), {}
    for count in (1, worlds):
        async with AsyncExitStack() as stack:
            for i in range(count):
                task = tasks[i % len(tasks)]
                world = await stack.enter_async_context(open_world(domain, task))
                await world.reset()
                await world.step(f"search[{task.goal}]")
            memory[count] = sum(map(proportional_mb, children()))
    return {"mb": memory, "ratio": memory[worlds] / memory[1]}


def children() -> list[int]:
    """The processes that this one started."""
    task = Path(f"/proc/self/task/{os.getpid()}/children")
    return [int(pid) for pid in task.read_text().split()]


def proportional_mb(pid: int | str) -> float:
    """The memory of a process, what it shares counted in part (Linux)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def measure_size(products: int) -> dict[str, Any]:
    """A catalogue of so many products in the official files: read, searched, shopped in."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written = clock(lambda: write_official(folder, products)) / 1000
        file = WebShop(data=folder).source.path
        try:
            report = in_a_fresh_process(folder, "--build")
            report["mb_official"] = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
            report["mb_file"] = file.stat().st_size / 1e6
            report |= in_a_fresh_process(folder, "--resident")
        finally:
            file.unlink(missing_ok=True)
    return {"products": products, "s_written": written} | report


def in_a_fresh_process(folder: Path, what: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--data", str(folder), what]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, Any] = json.loads(done)
    return found


def measure_build(data: str) -> dict[str, Any]:
    """Time and memory to read official files and to write the file of the shop."""
    domain = WebShop(data=data)
    built = clock(lambda: domain.shop) / 1000
    goals = {split: len(numbers) for split, numbers in domain.shop.splits.items()}
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"s_built": built, "mb_build": most, "goals": goals}


def measure_resident(data: str) -> dict[str, Any]:
    """Time to open a catalogue whose file is there, and the memory before and after searches."""
    began = time.perf_counter()
    domain = WebShop(data=data)
    domain.shop.search("a first search")
    opened, before = time.perf_counter() - began, proportional_mb("self")
    speed = measure_speed(domain)["ours"]
    return {
        "s_open": opened,
        "mb_opened": before,
        "mb_after_searches": proportional_mb("self"),
        **{name: speed[name] for name in ("ms_search", "ms_step")},
    }


WORDS = [a + b + c for a in "bdgklmnprst" for b in ("a", "e", "i", "o", "u") for c in "klmnrst"]


def write_official(folder: Path, products: int) -> None:
    """Our own goods of many seeds as the official files are, their texts as long as real ones.

    Goods of the first seeds have customers: by a rule, and in the words of a person.
    """
    used: set[str] = set()
    ruled: dict[str, Any] = {}
    human: dict[str, Any] = {}
    with (folder / "items_shuffle.json").open("w", encoding="utf-8") as file:
        for seed in itertools.count():
            draw = Draw(f"many/{seed}")
            made = [p for p in make_products(draw) if p.asin not in used][: products - len(used)]
            for product in made:
                file.write("," if used else "[")
                json.dump(official_item(lengthened(product, draw)), file)
                used.add(product.asin)
            ruled |= {p.asin: {"attributes": p.attributes} for p in made}
            for goal in make_goals(Draw(f"goals/{seed}"), made) if seed < CUSTOMERS else ():
                ruled[goal.asin] |= official_instruction(goal)
                human[goal.asin] = [official_wish(goal)]
            if len(used) == products:
                break
        file.write("]")
    (folder / "items_ins_v2.json").write_text(json.dumps(ruled), encoding="utf-8")
    (folder / "items_human_ins.json").write_text(json.dumps(human), encoding="utf-8")


def official_item(product: Product) -> dict[str, Any]:
    """A product as it was scraped, with what the shop makes no use of."""
    return {
        "name": product.title,
        "product_information": {f"Fact {i}": f"of {product.asin}, {i}" for i in range(20)},
        "brand": "",
        "pricing": product.price_tag.replace(" to ", ""),
        "images": [f"https://images.example/{product.asin}/{i}.jpg" for i in range(8)],
        "product_category": product.product_category,
        "small_description": list(product.bullets),
        "full_description": product.description,
        "customization_options": {
            name: [{"is_selected": False, "value": value, "image": None} for value in values]
            for name, values in product.options.items()
        },
        "asin": product.asin,
        "category": product.query,
        "query": product.query,
    }


def official_instruction(goal: Goal) -> dict[str, Any]:
    """The instruction of a product that a rule made; the official loader adds options and cap."""
    told = f"Find me {', '.join(goal.attributes)}"
    return {"instruction": told, "instruction_attributes": goal.attributes}


def official_wish(goal: Goal) -> dict[str, Any]:
    """What a person asked for."""
    return {
        "asin": goal.asin,
        "instruction": goal.instruction.rpartition(",")[0] + ".",
        "instruction_attributes": goal.attributes,
        "instruction_options": goal.values,
    }


def lengthened(product: Product, draw: Draw) -> Product:
    """With 60 to 140 further words, common and rare ones as in any language."""
    words = []
    for _ in range(draw.between(60, 140)):
        rank = int(1_000_000 ** draw.amount(0, 1))
        words.append(WORDS[rank % len(WORDS)] + WORDS[rank // len(WORDS) % len(WORDS)])
    told = f"{product.description} {' '.join(words)}"
    return product.model_copy(update={"description": told})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="a folder with a catalogue; without it our own goods")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--baselines", action="store_true", help="play shoppers without a model")
    parser.add_argument("--split", default="test", help="the split that they play")
    parser.add_argument("--tasks", type=int, default=500, help="how many tasks at most")
    parser.add_argument("--worlds", type=int, help="open so many environments at once (Linux)")
    parser.add_argument("--products", type=int, help="make a catalogue of so many products (Linux)")
    parser.add_argument("--build", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--resident", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.build:
        report = measure_build(args.data)
    elif args.resident:
        report = measure_resident(args.data)
    elif args.products:
        report = measure_size(args.products)
    elif args.worlds:
        report = asyncio.run(measure_worlds(WebShop(data=args.data), args.worlds))
    elif args.baselines:
        report = measure_baselines(WebShop(data=args.data), args.split, args.tasks)
    else:
        report = measure_speed(WebShop(data=args.data))
    print(json.dumps(report) if args.json else json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
