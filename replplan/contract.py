"""The contract of a domain, as a check that can be run."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence

from replplan.baseline import play_baseline
from replplan.cell import Answer
from replplan.contract_world import Findings, check_world, copied
from replplan.domain import Domain, Score, Task
from replplan.errors import DomainError
from replplan.record import Json

_ODD_ANSWERS: tuple[Json, ...] = (None, "", "x" * 2000, -1, [], {"no": ["such", None]})
"""Answers that answer nothing."""

_WHOLE = "all"
"""The split that holds every task, where there is one: it shares them with the others."""

_COMPARED = 50
"""So many tasks of a split are compared with those of the others."""


def check_domain(domain: Domain, tasks: int = 3) -> tuple[str, ...]:
    """See whether a domain keeps what replplan relies on.

    Resets repeat, whatever was done before; limits hold; gold plans and gold answers score 1;
    actions that the world does not know raise nothing, nor do odd answers; environments close;
    splits share no task (one called `all` apart); domain and tasks can be pickled, and worlds that
    claim it; rewards and scores are from 0 to 1; observations are no longer than is stated; the
    baseline does the same twice.

    Args:
        domain: the domain.
        tasks: how many tasks of each split are looked at; of all, where there are fewer.

    Returns:
        What was checked and held, a sentence each.

    Raises:
        DomainError: what does not hold, all of it.
    """
    return _Check(domain, tasks).run()


class _Check(Findings):
    def __init__(self, domain: Domain, tasks: int) -> None:
        super().__init__()
        self.domain, self.most = domain, tasks

    def run(self) -> tuple[str, ...]:
        self._about()
        self._examples()
        for task in self._some_tasks():
            self._task(task)
        if self.wrong:
            name = getattr(self.domain, "name", type(self.domain).__name__)
            raise DomainError(f"the domain {name} breaks its contract: {'; '.join(self.wrong)}")
        return tuple(self.held)

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
            "the domain can be pickled", "pickling the domain", lambda: copied(domain)
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

    def _examples(self) -> None:
        splits = self.domain.splits()
        for task in self.domain.examples:
            self.expect(
                task.split not in splits,
                "examples are in no split",
                f"the example {task.id} is of the split {task.split}",
            )
            self.attempt(
                "examples are found by id", f"task({task.id!r})", lambda t=task: self._same(t)
            )

    def _same(self, task: Task) -> None:
        if self.domain.task(task.id) != task:
            raise ValueError("another task comes back")
        if Task.model_validate_json(task.model_dump_json()) != task:
            raise ValueError("the task's data has no JSON form")

    def _task(self, task: Task) -> None:
        self._answers(task)
        if self.domain.baseline:
            self.attempt(
                "the baseline plays", f"the baseline on {task.id}", lambda: self._play(task)
            )
        if self.domain.has_world:
            check_world(self, self.domain, task)

    def _answers(self, task: Task) -> None:
        """What was answered is judged, whatever it is; a gold answer is right."""
        for value in _ODD_ANSWERS:
            self.attempt(
                "odd answers raise nothing",
                f"{task.id}: the score of the answer {str(value)[:20]!r}",
                lambda v=value: self._score(task, Answer(value=v)),
            )
        gold = self.domain.gold_answer(task)
        if gold is None:
            return
        score = self._score(task, gold)
        self.expect(
            score.value == 1 and score.solved,
            "gold answers score 1",
            f"{task.id}: its gold answer scores {score.value}",
        )

    def _score(self, task: Task, answer: Answer | None) -> Score:
        score = self.domain.score(task, None, answer)
        self.in_range(task, score)
        return score

    def _play(self, task: Task) -> None:
        first, second = (play_baseline(self.domain, task) for _ in range(2))
        self.in_range(task, first.score)
        self.expect(
            (first.score, first.actions) == (second.score, second.actions),
            "the baseline repeats",
            f"{task.id}: the baseline did something else the second time",
        )


def _first(tasks: Sequence[Task], most: int) -> list[Task]:
    return list(itertools.islice(tasks, most))


def _marks(tasks: Sequence[Task]) -> set[str]:
    """The ids of tasks, and what their worlds are made of where the tasks say."""
    sample = _first(tasks, _COMPARED)
    return {t.id for t in sample} | {f"{t.goal} {json.dumps(t.data)}" for t in sample if t.data}
