"""What a contract finds out, and the part of it that a domain's worlds keep."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Sequence
from functools import partial
from typing import Any, TypeVar

from replplan.domain import Domain, Environment, Score, Task, Transition

T = TypeVar("T")

_NONSENSE = ("", " ", "no such action", "\N{SNOWMAN}\0[", "x" * 2000)
"""Actions that no world knows."""

_MOST_STEPS = 300
"""So many steps a world is driven to see whether it comes to an end."""


class Findings:
    """What held and what did not, a sentence each, in order."""

    def __init__(self) -> None:
        self.held: dict[str, None] = {}
        self.wrong: dict[str, None] = {}

    def expect(self, good: object, holds: str, wrong: str) -> bool:
        """Note one finding."""
        if good:
            self.held[holds] = None
        else:
            self.wrong[wrong] = None
        return bool(good)

    def attempt(self, holds: str, what: str, work: Any) -> Any:
        """Do something that must not raise; None where it did."""
        try:
            value = work()
        except Exception as error:  # noqa: BLE001 that it raises is what is found out
            self.wrong[f"{what} raises {type(error).__name__}: {error}"] = None
            return None
        self.held[holds] = None
        return value

    def in_range(self, task: Task, score: Score) -> None:
        """Note whether a score is one."""
        self.expect(
            score.value is None or 0 <= score.value <= 1,
            "scores are from 0 to 1",
            f"{task.id}: a score of {score.value}, which is not from 0 to 1",
        )


def check_world(findings: Findings, domain: Domain, task: Task) -> None:
    """See whether the world of a task keeps what replplan relies on; note it in `findings`."""
    _WorldCheck(findings, domain).task(task)


class _WorldCheck:
    def __init__(self, findings: Findings, domain: Domain) -> None:
        self.domain, self.findings = domain, findings
        self.expect, self.attempt = findings.expect, findings.attempt

    def task(self, task: Task) -> None:
        """Look at one world."""
        opened = self.attempt("worlds open", f"open({task.id})", lambda: self.domain.open(task))
        if opened is None:
            return
        world: Environment = opened
        first = self.attempt("worlds reset", f"reset of {task.id}", world.reset)
        if first is not None:
            self._size(task, first)
            repeats = partial(self._repeats, first)
            for part in (self._nonsense, self._gold, repeats, self._copies, self._ends):
                self.attempt("steps raise nothing", task.id, lambda p=part: p(task, world))
        self.attempt("worlds close", f"close of {task.id}", world.close)

    def _size(self, task: Task, observation: str) -> None:
        most = self.domain.observation_size
        if most is not None:
            self.expect(
                len(observation) <= most,
                "observations are no longer than is stated",
                f"{task.id}: an observation of {len(observation)} characters, {most} are stated",
            )

    def _copies(self, task: Task, world: Environment) -> None:
        """A copy goes on from here, and what it does is its own."""
        if not self.domain.copies:
            return
        plan = list(self.domain.gold(task) or _NONSENSE[2:3])
        for how, twin in ((copy.deepcopy, "copied"), (copied, "pickled")):
            world.reset()
            _played(world, plan[:1])
            other = how(world)
            there = [other.step(action) for action in plan[1:]]
            self.expect(
                [world.step(action) for action in plan[1:]] == there,
                f"worlds can be {twin}",
                f"{task.id}: a {twin} world goes on otherwise than the world itself",
            )

    def _nonsense(self, task: Task, world: Environment) -> None:
        for action in _NONSENSE:
            said = f"{task.id}: step({action[:20]!r})"
            told = self.attempt("bad actions raise nothing", said, lambda a=action: world.step(a))
            if told is None or not self._step(task, told) or told.terminated or told.truncated:
                return

    def _gold(self, task: Task, world: Environment) -> None:
        plan = self.domain.gold(task)
        if plan is None:
            return
        world.reset()
        told = _played(world, plan)
        for transition in told:
            self._step(task, transition)
        score = self.domain.score(task, told[-1] if told else None, None)
        self.findings.in_range(task, score)
        self.expect(
            score.value == 1 and score.solved,
            "gold plans score 1",
            f"{task.id}: its gold plan scores {score.value}",
        )

    def _repeats(self, first: str, task: Task, world: Environment) -> None:
        plan = list(self.domain.gold(task) or _NONSENSE[2:3])
        self.expect(
            world.reset() == first,
            "resets repeat",
            f"{task.id}: a second reset shows another world",
        )
        here = [world.step(action) for action in plan]
        other = self.domain.open(task)
        self.expect(
            (other.reset(), [other.step(action) for action in plan]) == (first, here),
            "worlds repeat",
            f"{task.id}: the same actions led to something else in a second world",
        )
        self.attempt("worlds close", f"close of {task.id}", other.close)

    def _ends(self, task: Task, world: Environment) -> None:
        """A limit of the world's own cuts it off once and for all; what comes after is harmless."""
        world.reset()
        for _ in range(_MOST_STEPS):
            told = world.step(_NONSENSE[2])
            if told.terminated or told.truncated:
                self.findings.held["limits hold"] = None
                self.attempt(
                    "an ended world takes no harm",
                    f"{task.id}: a step after the end",
                    lambda: world.step(_NONSENSE[2]),
                )
                return
        self.findings.held[f"no limit of its own within {_MOST_STEPS} steps"] = None

    def _step(self, task: Task, told: Any) -> bool:
        """Whether what a step returned is a transition such as it should be."""
        if not self.expect(
            isinstance(told, Transition),
            "steps return transitions",
            f"{task.id}: step returns a {type(told).__name__}, not a Transition",
        ):
            return False
        self._size(task, told.observation)
        self.attempt("info is JSON", f"{task.id}: info as JSON", lambda: json.dumps(told.info))
        return self.expect(
            0 <= told.reward <= 1,
            "rewards are from 0 to 1",
            f"{task.id}: a reward of {told.reward:g}, which is not from 0 to 1",
        )


def copied(thing: T) -> T:
    """A thing as it is after a journey into another process."""
    twin: T = pickle.loads(pickle.dumps(thing))  # noqa: S301 what was pickled a moment ago
    return twin


def _played(world: Environment, plan: Sequence[str]) -> list[Transition]:
    """What a plan led to, up to the world's end."""
    told: list[Transition] = []
    for action in plan:
        told.append(world.step(action))
        if told[-1].terminated or told[-1].truncated:
            break
    return told
