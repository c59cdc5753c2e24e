"""The cells that the teacher writes: short programs over sub-REPLs."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass

from replplan_domains.alfworld.rooms import OPENABLE

TOOLS = {"heat": "microwave 1", "cool": "fridge 1", "clean": "sinkbasin 1"}
VERBS = {"hot": "heat", "cool": "cool", "clean": "clean"}
CLOSED = frozenset(name.lower() for name in OPENABLE)

_LOOK = re.compile(r"(?:look at|examine the) (\w+) (?:under|with) the (\w+)")
_PLACE = re.compile(
    r"(?P<do>put|clean|heat|cool|find) (?P<many>a|some|two) (?:(?P<state>clean|hot|cool) )?"
    r"(?P<thing>\w+) (?:and put (?:it|them) )?(?:in|on) (?P<target>\w+)"
)


@dataclass(frozen=True)
class Goal:
    """A task as its sentence gives it, and the receptacles that the first observation names.

    `verb` is the treatment that is asked for, `lamp` says that the target is one to look under.
    """

    thing: str
    target: str
    verb: str | None = None
    count: int = 1
    lamp: bool = False
    places: tuple[str, ...] = ()

    @property
    def there(self) -> str:
        """The receptacle that things are brought to."""
        return f"{self.target} 1"

    @property
    def closes(self) -> bool:
        """Whether it may be closed."""
        return self.target in CLOSED


def read_goal(opening: str) -> Goal:
    """The task that a session's first message tells of.

    Raises:
        ValueError: its sentence is none of this world's.
    """
    room, _, sentence = opening.partition("Your task is to: ")
    places = tuple(re.findall(r"a (\w+ \d+)", room))
    if look := _LOOK.search(sentence):
        return Goal(look[1], look[2], lamp=True, places=places)
    found = _PLACE.search(sentence)
    if found is None:
        raise ValueError(f"no such task: {sentence}")
    verb = found["do"] if found["do"] in TOOLS else VERBS.get(found["state"] or "")
    count = 2 if found["many"] == "two" else 1
    return Goal(found["thing"], found["target"], verb, count, places=places)


def lines(*parts: str | Iterable[str]) -> str:
    """A cell of these lines; an empty part is left out."""
    flat = [p for part in parts for p in ([part] if isinstance(part, str) else part)]
    return "\n".join(p for p in flat if p)


# ---------------------------------------------------------------------- the whole task
def order(likely: list[str]) -> str:
    """Lines that sort the places: those where the thing usually is come first."""
    names = ", ".join(f'"{name}"' for name in likely)
    sort = "places.sort(key=lambda p: (first + p.split()).index(p.split()[0]))"
    return lines(f"first = [{names}]", sort)


def room(goal: Goal) -> str:
    """Lines that read the places to look in."""
    every = r're.findall(r"a (\w+ \d+)", get_obs())'
    if goal.lamp:
        return lines("import re\n", f"places = {every}")
    there = f'there = "{goal.there}"'
    if goal.verb:  # it may lie there, untreated
        return lines("import re\n", there, f"places = {every}")
    return lines("import re\n", there, f"places = [p for p in {every} if p != there]")


def find(goal: Goal) -> str:
    """Lines that leave the search to a sub-REPL."""
    return lines(f'thing = find_and_take("{goal.thing}", places)', "print(thing)")


def root_search(goal: Goal, likely: list[str]) -> str:
    """The first cell of a task: read the room, have the thing found."""
    return lines(room(goal), order(likely), "# The likeliest places come first", find(goal))


def root_lamp(goal: Goal, likely: list[str]) -> str:
    """With the thing in hand, have the lamp found, and use it."""
    lamp = lines(f'lamp = find_lamp("{goal.target}", places)', 'print(act(f"use {lamp}"))')
    return lines(order(likely), lamp)


def treat(goal: Goal) -> str:
    """Lines that heat, cool or clean the thing."""
    if goal.verb is None:
        return ""
    tool = TOOLS[goal.verb]
    return lines(f'act("go to {tool}")', f'print(act(f"{goal.verb} {{thing}} with {tool}"))')


GO = 'act(f"go to {there}")'
OPEN = 'act(f"open {there}")'
MOVE = 'print(act(f"move {thing} to {there}"))'


def place(goal: Goal) -> str:
    """Lines that put the thing where it belongs."""
    return lines(GO, OPEN if goal.closes else "", MOVE)


def bring(goal: Goal, *more: str) -> str:
    """Treat the thing and put it where it belongs, and what is to be done then."""
    return lines(treat(goal), place(goal), more)


# ---------------------------------------------------------------------- the search
def _search(name: str, look: str, where: str = "todo") -> str:
    return f"""\
def search({name}):
    while {where}:
        place = {where}[0]
{look}
        if found:
            return place, found
        {where}.pop(0)
    return None, []
"""


_LOOK_IN = r"""
        obs = act(f"go to {place}")
        if obs == "Nothing happens.":  # I am there already
            obs = act(f"examine {place}")
        if "is closed" in obs:
            obs = act(f"open {place}")
        found = re.findall(rf"\b{thing} \d+", obs)""".strip("\n")
_LOOK_CARELESSLY = r"""
        obs = act(f"go to {place}")
        found = re.findall(rf"\b{thing} \d+", obs.split("you see ")[1])""".strip("\n")
_BEGIN = "import re\n\nthing, places = get_args()\ntodo = list(places)\n\n"

LOOK_ON = lines("place, found = search()", "print(place, found)")
SEARCH = _BEGIN + _search("", _LOOK_IN) + "\n" + LOOK_ON
SEARCH_CARELESSLY = _BEGIN + _search("", _LOOK_CARELESSLY) + "\n" + LOOK_ON
SEARCH_REPAIRED = _search("", _LOOK_IN) + "\n" + LOOK_ON
IMPORT = "import re\n\n" + LOOK_ON
SEARCH_ON = lines("if len(found) == 1:  # there is no other one", "    todo.pop(0)", LOOK_ON)
TAKE = lines('print(act(f"take {found[0]} from {place}"))', "answer(found[0])")
FOUND = "answer(found[0])"
NONE = "answer(None)"

# ---------------------------------------------------------------------- without children
FLAT_SEARCH = _search("thing, todo", _LOOK_IN)


def flat_search(goal: Goal, likely: list[str]) -> str:
    """Read the room and search it."""
    look = lines("todo = list(places)", f'place, found = search("{goal.thing}", todo)')
    return lines(room(goal), order(likely), "\n" + FLAT_SEARCH, look, "print(place, found)")


def flat_take() -> str:
    """Lines that take what was found."""
    return lines("thing = found[0]", 'print(act(f"take {thing} from {place}"))')


def flat_on(goal: Goal) -> str:
    """Lines that search for a second thing."""
    return SEARCH_ON.replace("search()", f'search("{goal.thing}", todo)')


def flat_lamp(goal: Goal, likely: list[str]) -> str:
    """Take the thing and find the lamp."""
    look = f'place, found = search("{goal.target}", places)'
    use = 'print(act(f"use {found[0]}"))'
    return lines(flat_take(), order(likely), look, use)


# ---------------------------------------------------------------------- mistakes
def broken(cell: str, draw: random.Random) -> str:
    """The cell with one bracket or colon left out."""
    places = [i for i, c in enumerate(cell) if c in "()[]:"]
    where = draw.choice(places)
    return cell[:where] + cell[where + 1 :]


def wrong_number(goal: Goal) -> str:
    """Bring the thing to a receptacle that is not there."""
    numbers = [int(p.split()[1]) for p in goal.places if p.split()[0] == goal.target]
    no = f"{goal.target} {max(numbers, default=1) + 1}"
    return lines(f'act("go to {no}")', f'print(act(f"move {{thing}} to {no}"))')
