"""The shortest way to success through a table of transitions."""

from __future__ import annotations

from collections import deque
from typing import Any


def shortest(environment: Any, ends_well: bool) -> list[int] | None:
    """The numbers of the actions from where an environment is to success, the fewest.

    Args:
        environment: it has its state `s` and a table `P[state][action]` of
            `(probability, next state, reward, terminated)`, as the toy texts of Gymnasium have.
        ends_well: whether its end is success whatever the reward.

    Returns:
        None where there is no such table, where actions have chances, or where no way leads there.
    """
    table, start = getattr(environment, "P", None), getattr(environment, "s", None)
    if table is None or start is None:
        return None
    ways: dict[int, list[int]] = {int(start): []}
    queue = deque(ways)
    while queue:
        state = queue.popleft()
        for action, chances in table[state].items():
            if len({int(chance[1]) for chance in chances}) > 1:
                return None
            _, then, reward, over = chances[0]
            way = [*ways[state], action]
            if over and (ends_well or reward > 0):
                return way
            if not over and int(then) not in ways:
                ways[int(then)] = way
                queue.append(int(then))
    return None
