"""Players without a model: what any plan should beat."""

from __future__ import annotations

import random
import time

from replplan.domain import Domain, Environment, Score, Task, Transition
from replplan.record import Record


class Played(Record):
    """What a domain's baseline came to with one task.

    `actions` are those done in its world; `seconds` is the wall time of all its steps.
    """

    score: Score
    actions: int = 0
    seconds: float = 0.0


class Watched(Environment):
    """A world whose steps are counted and timed."""

    def __init__(self, world: Environment) -> None:
        self._world, self.actions, self.seconds = world, 0, 0.0
        self.last: Transition | None = None

    def reset(self) -> str:
        """Begin anew; what was counted stays."""
        return self._world.reset()

    def step(self, action: str) -> Transition:
        """Do one action."""
        began = time.perf_counter()
        self.last = self._world.step(action)
        self.seconds += time.perf_counter() - began
        self.actions += 1
        return self.last

    def close(self) -> None:
        """Close it."""
        self._world.close()


def play_baseline(domain: Domain, task: Task) -> Played:
    """Have a domain's baseline do a task, and score it. Its world runs in this process.

    Raises:
        NotImplementedError: the domain has none.
        ConfigError: something that the world needs is not installed.
    """
    if not domain.has_world:
        return Played(score=domain.score(task, None, domain.play(task, None)))
    world = Watched(domain.open(task))
    try:
        answer = domain.play(task, world)
    finally:
        world.close()
    score = domain.score(task, world.last, answer)
    return Played(score=score, actions=world.actions, seconds=world.seconds)


def act_at_random(task: Task, world: Environment, first: str, most: int = 1000) -> None:
    """Do what the world would not refuse, at random, until it ends: the same for the same task.

    Args:
        task: the task.
        world: its world, whose transitions have the `admissible` actions in their info.
        first: an action that changes nothing, to be told the first of these.
        most: so many actions are done at most.
    """
    draw = random.Random(task.id)
    world.reset()
    last = world.step(first)
    for _ in range(most - 1):
        actions = last.info.get("admissible")
        if last.terminated or last.truncated or not isinstance(actions, list) or not actions:
            return
        last = world.step(str(draw.choice(actions)))
