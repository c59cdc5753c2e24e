"""The goals of a shop as tasks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import overload

from replplan.domain import Task
from replplan_domains.webshop.shop import Shop
from replplan_domains.webshop.splits import ALL, HUMAN, split_of

DOMAIN = "webshop"
ID = re.compile(r"(goal|human)-(0|[1-9]\d{0,8})", re.ASCII)


class ShopTasks(Sequence[Task]):
    """The tasks of a split. Each is made when it is asked for."""

    def __init__(self, shop: Shop, split: str, numbers: Sequence[int]) -> None:
        self._shop, self._split, self._numbers = shop, split, numbers

    @overload
    def __getitem__(self, index: int) -> Task: ...
    @overload
    def __getitem__(self, index: slice) -> ShopTasks: ...
    def __getitem__(self, index: int | slice) -> Task | ShopTasks:
        if isinstance(index, slice):
            return ShopTasks(self._shop, self._split, self._numbers[index])
        return task_of(self._shop, self._numbers[index], self._split)

    def __len__(self) -> int:
        return len(self._numbers)


def task_of(shop: Shop, number: int, split: str) -> Task:
    """The task of a goal.

    Its data names the goal and says what it can earn; what the goal wants beside its words stays
    in the shop.
    """
    goal, ruled = shop.goal(number), len(shop.splits[ALL])
    name = f"goal-{number}" if number < ruled else f"human-{number - ruled}"
    data = {"goal": number, "gold_reward": goal.gold_reward}
    return Task(id=name, domain=DOMAIN, split=split, goal=goal.instruction, data=data)


def find_task(shop: Shop, id: str) -> Task:  # noqa: A002 the surface's own word
    """The task of that id, in the split that its product belongs to.

    Raises:
        KeyError: there is none.
    """
    match = ID.fullmatch(id)
    numbers = shop.splits.get(HUMAN if match and match[1] == "human" else ALL)
    if match is None or numbers is None or int(match[2]) >= len(numbers):
        raise KeyError(id)
    number = numbers[int(match[2])]
    split = HUMAN if match[1] == "human" else split_of(shop.goal(number))
    return task_of(shop, number, split)
