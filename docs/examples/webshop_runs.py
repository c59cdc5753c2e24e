"""Five goals of WebShop's split dev, as a capable model might shop for them.

`record.py` plays these completions, which were written by hand; what comes back in the traces is
real. All five plan alike: `scan_results` searches and keeps what is cheap enough and sold with
the options (its first cell has a fault, and repairs it), `read_items` reads on, the root picks by
the shop's own words and asks about what the customer says otherwise, `buy` has a demonstration.
"""

from __future__ import annotations

from typing import NamedTuple

SCAN = [
    """```python
words, options, cap, pages = get_args()
found, page = {}, act(f"search[{words}]")
for number in range(pages):
    for item in parse_results(page):
        if item["price"] > cap or " for " in item["title"]:
            continue  # too dear, or something to go with it
        offered = parse_item(act(f"click[{item['code']}]"))["options"]
        act("click[< Prev]")
        if all(value in offered.get(name, []) for name, value in options.items()):
            found[item["code"]] = item["title"]
    page = act("click[Next >]")
answer(found)
```""",
    """It is called `asin`. Nothing was clicked yet: I am still on the first page.
```python
def sold(item):
    offered = parse_item(act(f"click[{item['asin']}]"))["options"]
    act("click[< Prev]")
    return all(value in offered.get(name, []) for name, value in options.items())

for number in range(pages):
    for item in parse_results(page):
        if item["price"] <= cap and " for " not in item["title"] and sold(item):
            found[item["asin"]] = item["title"]
    page = act("click[Next >]")
answer(found)
```""",
]

READ = """```python
told = {}
for code, title in get_args()[0].items():
    act(f"search[{title}]")
    act(f"click[{code}]")
    told[code] = title
    for page in ("Description", "Features"):
        told[code] += " | " + " | ".join(act(f"click[{page}]").split(" [SEP] ")[4:])
        act("click[< Prev]")
answer(told)
```"""

BUY = """```python
code, title, options = get_args()
act(f"search[{title}]")
act(f"click[{code}]")
for value in options.values():
    act(f"click[{value}]")
act("click[Buy Now]")
```"""


class Shopping(NamedTuple):
    """What is particular to a goal.

    Attributes:
        words, options, cap, pages: what is searched for, and how far.
        plain: wishes in the shop's own words.
        question: about a wish in the customer's words; none where all are plain.
        answers: to that question, for one product after the other.
    """

    words: str
    options: dict[str, str]
    cap: float
    pages: int
    plain: list[str]
    question: str = ""
    answers: tuple[str, ...] = ()

    @property
    def script(self) -> dict[str, list[str]]:
        """The completions, by the name of the REPL."""
        root = [self._look(), READING, self._choose()]
        answers = list(self.answers)
        return {"root": root, "scan_results": SCAN, "read_items": [READ], "buy": [BUY]} | {
            "ask": answers
        }

    def _look(self) -> str:
        pages = "the first page" if self.pages == 1 else f"the first {self.pages} pages"
        return f"""```python
options = {self.options}
# code and title of what is cheap enough and has these options, on {pages}
found = scan_results("{self.words}", options, {self.cap:.2f}, {self.pages})
print(found)
```"""

    def _choose(self) -> str:
        pick = f'next(c for c, t in close.items() if ask("{self.question}", t, type=bool))'
        return f"""```python
plain = {self.plain}
close = {{c: t for c, t in told.items() if all(wish in t.lower() for wish in plain)}}
code = {pick if self.question else "next(iter(close))"}
buy(code, found[code], options)
```"""


READING = """```python
# title, description and features of each
told = read_items(found)
for code, text in told.items():
    print(code, text)
```"""

RUNS = {
    "goal-9": Shopping(
        "running socks cushioned heel merino wool teal medium 6 pairs",
        {"color": "teal", "size": "medium", "pack": "6 pairs"},
        10,
        1,
        ["cushioned heel", "merino wool"],
        "Will these not smell after a run?",
        ("false", "true"),
    ),
    "goal-14": Shopping(
        "plant pots hanging loop self watering biodegradable fiber olive 8 inch",
        {"color": "olive", "size": "8 inch"},
        30,
        1,
        ["hanging loop", "self watering", "biodegradable fiber"],
    ),
    "goal-17": Shopping(
        "hiking boots vibram outsole toe guard olive size 10 narrow",
        {"color": "olive", "size": "10", "width": "narrow"},
        250,
        1,
        ["vibram outsole", "toe guard"],
        "Do these keep me from twisting my foot?",
        ("true",),
    ),
    "goal-24": Shopping(
        "running socks arch support cushioned heel merino wool burgundy small 6 pairs",
        {"color": "burgundy", "size": "small", "pack": "6 pairs"},
        20,
        2,
        ["arch support", "cushioned heel", "merino wool"],
    ),
    "goal-26": Shopping(
        "bluetooth speakers carry loop white with case",
        {"color": "white", "bundle": "with case"},
        70,
        3,
        ["carry loop"],
        "Can two of these play together, and can I take calls with one?",
        ("false", "false", "true"),
    ),
}
"""By the task's id."""
