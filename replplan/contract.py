"""The contract of a domain, as a check that can be run."""

from __future__ import annotations

import itertools
import json
import pickle
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from replplan.domain import Domain, Environment, Task, Transition
from replplan.errors import DomainError

_NONSENSE = ("", " ", "no such action", "\N{SNOWMAN}\0[", "x" * 2000)
"""Actions that no world knows."""

_WHOLE = "all"
"""The split that holds every task, where there is one: it shares them with the others."""

_COMPARED = 50
"""So many tasks of a split are compared with those of the others."""

_MOST_STEPS = 300
"""So many steps a world is driven to see whether it comes to an end."""


def check_domain(domain: Domain, tasks: int = 3) -> tuple[str, ...]:
    """See whether a domain keeps what replplan relies on.

    Resets repeat, whatever was done before; limits hold; gold plans score 1; actions that the world
    does not know raise nothing; environments close; splits share no task (one called
    `all` apart); domain and tasks can be pickled; rewards are from 0 to 1.

    Args:
        domain: the domain.
        tasks: how many tasks of each split are looked at; of all, where there are fewer.

    Returns:
        What was checked and held, a sentence each.

    Raises:
        DomainError: what does not hold, all of it.
    """
    return _Check(domain, tasks).run()


class _Check:
    def __init__(self, domain: Domain, tasks: int) -> None:
        self.domain, self.most = domain, tasks
        self.held: dict[str, None] = {}
        self.wrong: dict[str, None] = {}

    def run(self) -> tuple[str, ...]:
        self._about()
        for task in self._some_tasks():
            self._task(task)
        if self.wrong:
            name = getattr(self.domain, "name", type(self.domain).__name__)
            raise DomainError(f"the domain {name} breaks its contract: {'; '.join(self.wrong)}")
        return tuple(self.held)

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

    def _about(self) -> None:
        domain = self.domain
        text = self.attempt("it has a description", "the description", lambda: domain.description)
        self.expect(text, "it has a description", "the description is empty")
        splits = domain.splits()
        self.expect(
            domain.default_split in splits,
            "the default split is one",
            f"the default split {domain.default_split!r} is none of {splits}",
        )
        seen = {split: _marks(domain.tasks(split)) for split in splits if split != _WHOLE}
        for a, b in itertools.combinations(seen, 2):
            both = seen[a] & seen[b]
            self.expect(not both, "splits are disjoint", f"{a} and {b} share {sorted(both)[:1]}")
        twin = self.attempt(
            "the domain can be pickled", "pickling the domain", lambda: _copied(domain)
        )
        if twin is not None:
            same = [t.id for t in _first(twin.tasks(splits[0]), self.most)]
            here = [t.id for t in _first(domain.tasks(splits[0]), self.most)]
            self.expect(same == here, "tasks repeat", "a copy of the domain has other tasks")

    def _some_tasks(self) -> Iterator[Task]:
        for split in self.domain.splits():
            if split == _WHOLE:
                continue
            for task in _first(self.domain.tasks(split), self.most):
                yield task
                self.expect(
                    (task.split, task.domain) == (split, self.domain.name),
                    "tasks name their split and domain",
                    f"{task.id} says it is of {task.domain}, {task.split}, not of {split}",
                )
                self.attempt(
                    "tasks are found by id", f"task({task.id!r})", lambda t=task: self._same(t)
                )

    def _same(self, task: Task) -> None:
        if self.domain.task(task.id) != task:
            raise ValueError("another task comes back")
        if Task.model_validate_json(task.model_dump_json()) != task:
            raise ValueError("the task's data has no JSON form")

    def _task(self, task: Task) -> None:
        if not self.domain.has_world:
            return
        opened = self.attempt("worlds open", f"open({task.id})", lambda: self.domain.open(task))
        if opened is None:
            return
        world: Environment = opened
        first = self.attempt("worlds reset", f"reset of {task.id}", world.reset)
        if first is not None:
            repeats = partial(self._repeats, first)
            for part in (self._nonsense, self._gold, repeats, self._ends):
                self.attempt("steps raise nothing", task.id, lambda p=part: p(task, world))
        self.attempt("worlds close", f"close of {task.id}", world.close)

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
        last = _played(world, plan)
        score = self.domain.score(task, last, None)
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
                self.held["limits hold"] = None
                self.attempt(
                    "an ended world takes no harm",
                    f"{task.id}: a step after the end",
                    lambda: world.step(_NONSENSE[2]),
                )
                return
        self.held[f"no limit of its own within {_MOST_STEPS} steps"] = None

    def _step(self, task: Task, told: Any) -> bool:
        """Whether what a step returned is a transition such as it should be."""
        if not self.expect(
            isinstance(told, Transition),
            "steps return transitions",
            f"{task.id}: step returns a {type(told).__name__}, not a Transition",
        ):
            return False
        self.attempt("info is JSON", f"{task.id}: info as JSON", lambda: json.dumps(told.info))
        return self.expect(
            0 <= told.reward <= 1,
            "rewards are from 0 to 1",
            f"{task.id}: a reward of {told.reward:g}, which is not from 0 to 1",
        )


def _first(tasks: Sequence[Task], most: int) -> list[Task]:
    return list(itertools.islice(tasks, most))


def _marks(tasks: Sequence[Task]) -> set[str]:
    """The ids of tasks, and what their worlds are made of where the tasks say."""
    sample = _first(tasks, _COMPARED)
    return {t.id for t in sample} | {f"{t.goal} {json.dumps(t.data)}" for t in sample if t.data}


def _copied(domain: Domain) -> Domain:
    copy: Domain = pickle.loads(pickle.dumps(domain))  # noqa: S301 what was pickled a moment ago
    return copy


def _played(world: Environment, plan: Sequence[str]) -> Transition | None:
    last = None
    for action in plan:
        last = world.step(action)
        if last.terminated or last.truncated:
            break
    return last
