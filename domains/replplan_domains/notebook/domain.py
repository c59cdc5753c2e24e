"""A goal of the user's own as a domain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from replplan.answers import AnswerType, WrongAnswer
from replplan.carried import Value
from replplan.cell import Answer
from replplan.domain import Score, Task, Transition
from replplan.errors import ConfigError
from replplan.goal import GoalDomain
from replplan.record import Json
from replplan.tools import check_tools, in_kernel
from replplan_domains.notebook.files import describe_files, resolve_files
from replplan_domains.notebook.tools import describe_functions, load_functions
from replplan_domains.notebook.values import (
    describe_values,
    describe_variables,
    freeze_helpers,
    freeze_values,
)

GOAL = "goal"
"""The one split, and the id of its one task."""


class Notebook(GoalDomain):
    """A goal over files and functions. There is no world to act in and nothing to score by."""

    name: ClassVar[str] = "notebook"
    summary: ClassVar[str] = "your own goal over your own files and functions"
    default_split: str = GOAL
    has_world: ClassVar[bool] = False

    def __init__(
        self,
        goal: str = "",
        files: Sequence[Path | str] | Path | str = (),
        tools: Path | str | Sequence[Callable[..., Any]] | None = None,
    ) -> None:
        """Set the goal and what there is to work with. See `replplan.goal.GoalDomain`."""
        self.goal = goal
        self._files = resolve_files([files] if isinstance(files, str | Path) else files)
        self._values: tuple[Value, ...] | None = None
        self._told: tuple[str, ...] = ()
        self._named: frozenset[str] = frozenset()
        self.variables, self.answer_type = (), None
        self.instructions = ""
        self._tools = Path(tools) if isinstance(tools, str | Path) else None
        self._functions = self._load(tools)

    def furnish(
        self,
        values: Mapping[str, Any] | None = None,
        answer_type: Any = None,
        instructions: str = "",
    ) -> None:
        """Set what a Python program can give. See `replplan.goal.GoalDomain`."""
        names = [f.__name__ for f in (*self.functions, *self.kernel_functions)]
        self._values = (*freeze_values(values or {}, names), *freeze_helpers(self.kernel_functions))
        self._told, self._named = tuple(describe_values(values or {})), frozenset(values or {})
        self.answer_type = None if answer_type is None else AnswerType(answer_type)
        self.instructions = instructions.strip()

    def lend(self, functions: Sequence[Callable[..., Any]]) -> None:
        """Set further functions that cells may call. See `replplan.goal.GoalDomain`."""
        self._functions = check_tools([*self._all(), *functions])

    @property
    def description(self) -> str:
        """What is there to work with, and how to finish."""
        end = "There is no world to act in. When you know the result, call answer(value) with it."
        parts = [
            *describe_files(self._files),
            *self._told,
            *describe_variables([v for v in self.variables if v.name not in self._named]),
            *describe_functions((*self.functions, *self.kernel_functions)),
            end,
            *([self.answer_type.told] if self.answer_type else []),
            *([self.instructions] if self.instructions else []),
        ]
        return "\n".join(parts)

    def splits(self) -> tuple[str, ...]:
        """One split."""
        return (GOAL,)

    def tasks(self, split: str) -> Sequence[Task]:
        """The one task.

        Raises:
            ConfigError: there is no such split.
        """
        if split != GOAL:
            raise ConfigError(
                f"the notebook domain has no split {split!r}; its only one is {GOAL!r}."
            )
        return (Task(id=GOAL, domain=self.name, split=GOAL, goal=self.goal, data=self._given()),)

    def _given(self) -> dict[str, Json]:
        """The names of what cells find, for the notebook of a trace."""
        helpers = {function.__name__ for function in self.kernel_functions}
        names = {
            "values": sorted(self._named | helpers),
            "files": [file.name for file in self._files],
        }
        return {"given": names} if any(names.values()) else {}

    @property
    def functions(self) -> tuple[Callable[..., Any], ...]:
        """The user's functions that run in the host."""
        return tuple(f for f in self._all() if not in_kernel(f))

    @property
    def kernel_functions(self) -> tuple[Callable[..., Any], ...]:
        """The user's functions that run in the kernel."""
        return tuple(f for f in self._all() if in_kernel(f))

    def _all(self) -> tuple[Callable[..., Any], ...]:
        if self._functions is None and self._tools is not None:
            self._functions = load_functions(self._tools)
        return self._functions or ()

    def values(self, task: Task) -> tuple[Value, ...]:
        """The user's values, and the functions that run in the kernel."""
        if self._values is None:
            self._values = freeze_helpers(self.kernel_functions)
        return self._values

    def complaint(self, task: Task, answer: Answer) -> str | None:
        """Why an answer is not of the type that was asked for."""
        if self.answer_type is not None:
            try:
                self.answer_type.read(answer)
            except WrongAnswer as error:
                return str(error)
        return None

    def files(self, task: Task) -> tuple[Path, ...]:
        """The user's files, as absolute paths."""
        return self._files

    def score(self, task: Task, last: Transition | None, answer: Answer | None) -> Score:
        """Nothing is known to measure an answer by."""
        return Score()

    def _load(
        self, tools: Path | str | Sequence[Callable[..., Any]] | None
    ) -> tuple[Callable[..., Any], ...] | None:
        if isinstance(tools, str | Path):
            return load_functions(Path(tools))
        return check_tools(tools or ())

    def __getstate__(self) -> dict[str, Any]:
        """Functions out of a file do not travel: the file is loaded again where they are wanted."""
        return vars(self) | ({"_functions": None} if self._tools else {})
