"""The six kinds of task, and the three treatments that some of them ask for."""

from __future__ import annotations

from typing import NamedTuple


class Treatment(NamedTuple):
    """What can be done to a thing in the hand at the right receptacle.

    Attributes:
        verb: the word of the command.
        needs: the property that the thing must have.
        tools: the types of receptacle that do it.
        gives: the field of `State` that the thing enters.
        takes: the field of `State` that it leaves, if any.
    """

    verb: str
    needs: str
    tools: frozenset[str]
    gives: str
    takes: str | None = None


HEAT = Treatment("heat", "heatable", frozenset({"microwave"}), gives="hot", takes="cool")
COOL = Treatment("cool", "coolable", frozenset({"fridge"}), gives="cool", takes="hot")
CLEAN = Treatment("clean", "cleanable", frozenset({"sink", "sinkbasin"}), gives="clean")
TREATMENTS = (HEAT, COOL, CLEAN)


class Kind(NamedTuple):
    """A kind of task.

    Attributes:
        name: the benchmark's own name.
        short: the name in ids and tables.
        mark: the predicate that tells its goal from that of other kinds; "" for the plainest.
        wordings: the sentences it may be given in, of a thing `{o}` and a target `{r}`.
        treatment: what has to be done to the thing first.
        needed: how many things have to be placed.
    """

    name: str
    short: str
    mark: str
    wordings: tuple[str, str]
    treatment: Treatment | None = None
    needed: int = 1

    @property
    def needs_light(self) -> bool:
        """Whether the thing is to be looked at under a lamp instead of being placed."""
        return self.short == "look"


KINDS = (
    Kind("pick_and_place_simple", "pick", "", ("put a {o} in {r}", "put some {o} on {r}")),
    Kind(
        "look_at_obj_in_light",
        "look",
        "isToggled",
        ("look at {o} under the {r}", "examine the {o} with the {r}"),
    ),
    Kind(
        "pick_clean_then_place_in_recep",
        "clean",
        "isClean",
        ("put a clean {o} in {r}", "clean some {o} and put it in {r}"),
        CLEAN,
    ),
    Kind(
        "pick_heat_then_place_in_recep",
        "heat",
        "isHot",
        ("put a hot {o} in {r}", "heat some {o} and put it in {r}"),
        HEAT,
    ),
    Kind(
        "pick_cool_then_place_in_recep",
        "cool",
        "isCool",
        ("put a cool {o} in {r}", "cool some {o} and put it in {r}"),
        COOL,
    ),
    Kind(
        "pick_two_obj_and_place",
        "two",
        "?o2",
        ("put two {o} in {r}", "find two {o} and put them in {r}"),
        needed=2,
    ),
)
"""All kinds, in the benchmark's order."""

KIND_BY_NAME = {kind.name: kind for kind in KINDS}
KIND_BY_SHORT = {kind.short: kind for kind in KINDS}
