"""The paper's two examples, and its demonstrations with bugs, as a capable model might plan them.

`record.py` plays these completions, which were written by hand; what comes back in the traces is
real. "Put two apples on the side table" and "buy the item that fits the description" are cut into
the sub-tasks that the paper names (arXiv 2411.13826).
"""

from __future__ import annotations

from typing import NamedTuple

APPLES = {
    "root": [
        """```python
import re
places = re.findall(r"a (\\w+ \\d+)", get_obs())
table = next(p for p in places if p.startswith("sidetable"))
# apples lie about, or in the fridge: what is shut comes last
rest = [p for p in places if p != table]
rest.sort(key=lambda p: p.startswith(("cabinet", "drawer")))
```""",
        """```python
for _ in range(2):
    # one each time, wherever it is
    apple = find_and_take("apple", rest)
    act(f"go to {table}")
    print(act(f"move {apple} to {table}"))
```""",
    ],
    "find_and_take": [
        """```python
import re
thing, places = get_args()

def look(place):
    seen = act(f"go to {place}")
    if seen == "Nothing happens.":  # I am at its place already
        seen = act(f"examine {place}")
    return act(f"open {place}") if "is closed" in seen else seen

def find(thing, places):
    for place in places:
        if found := re.findall(rf"\\b{thing} \\d+", look(place)):
            act(f"take {found[0]} from {place}")
            return found[0]

answer(find(thing, places))
```""",
        """The cells before are still here: `find` does it again.
```python
answer(find(*get_args()))
```""",
    ],
}

ITEM = {
    "root": [
        """```python
wish = get_obs().split(" [SEP] ")[2]
print(wish)
```""",
        """```python
# the first result that fits all that is wished for
item = filter_search(wish)
print(item)
```""",
        """```python
act(f"search[{item['title']}]")
act(f"click[{item['asin']}]")
for option in ("teal", "medium", "6 pairs"):
    act(f"click[{option}]")
act("click[Buy Now]")
```""",
    ],
    "filter_search": [
        """```python
wish, = get_args()
act("search[running socks cushioned heel merino wool teal medium 6 pairs]")
for page in range(3):
    # which item on this page of results fits?
    if item := filter_page(wish):
        answer(item)
    act("click[Next >]")
```""",
    ],
    "filter_page": [
        """```python
wish, = get_args()
for item in parse_items(get_obs()):
    if item["price"] < 10 and " for " not in item["title"]:
        act(f"click[{item['asin']}]")
        text = act("click[Features]")
        if item_matches(text, wish):
            answer(item)
        act("click[< Prev]")
        act("click[< Prev]")
answer(None)
```""",
    ],
    "parse_items": [
        """```python
answer(parse_results(get_args()[0]))
```""",
    ],
    "item_matches": [
        """```python
text, wish = get_args()
print(text.split(" [SEP] ")[4:])
```""",
        """It wicks moisture. Of smell after a run it says nothing.
```python
answer(False)
```""",
        """```python
print(get_args()[0].split(" [SEP] ")[4:])
```""",
        """Odor control: it does not smell after a run. The heel is cushioned, the wool in its name.
```python
answer(True)
```""",
    ],
}

BUGGY = {
    "root": [
        """I do as the example does.
```python
pass

places = re.findall(r"a (\\w+ \\d+)", get_obs())
print(len(places), "places:", places[:3])
```""",
        """The example never imported `re`.
```python
import re
places = re.findall(r"a (\\w+ \\d+)", get_obs())
kind, target = re.search(r"two (\\w+) and put them in (\\w+)", get_obs()).groups()
there = next(p for p in places if p.startswith(target))
elsewhere = [p for p in places if p != there]
```""",
        """```python
for _ in range(2):
    thing = find_and_take(kind, elsewhere)
    seen = act(f"go to {there}")
    if "is closed" in seen:
        act(f"open {there}")
    print(act(f"move {thing} to {there}"))
```""",
    ],
    "find_and_take": [
        """```python
import re

thing, places = get_args()
for place in places:
    obs = act(f"go to {place}")
    if obs == "Nothing happens.":  # I am at its place already
        obs = act(f"examine {place}")
    if "is closed" in obs:
        obs = act(f"open {place}")
    found = re.findall(rf"\\b{things} \\d+", obs)
    print(place, found)
    if found:
        break
```""",
        """The example misspells `thing`. I went to the first place only; I start again.
```python
def look(place):
    obs = act(f"go to {place}")
    if obs == "Nothing happens.":
        obs = act(f"examine {place}")
    return act(f"open {place}") if "is closed" in obs else obs

def take(thing, places):
    for place in places:
        if found := re.findall(rf"\\b{thing} \\d+", look(place)):
            act(f"take {found[0]} from {place}")
            return found[0]

answer(take(thing, places))
```""",
        """```python
answer(take(*get_args()))
```""",
    ],
}


class Example(NamedTuple):
    """What is played: a task of a domain, by a method, with completions by REPL name."""

    domain: str
    task: str
    script: dict[str, list[str]]
    method: str = "repl-plan"


PAPER = {
    "apples": Example("alfworld", "train-1696-two", APPLES),
    "item-that-fits": Example("webshop", "goal-9", ITEM),
    "buggy-demonstrations": Example("alfworld", "demo-two", BUGGY, "repl-plan/buggy"),
}
