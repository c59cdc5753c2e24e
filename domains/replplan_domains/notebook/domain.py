"""A goal of the user's own as a domain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from replplan.cell import Answer
from replplan.domain import Domain, Score, Task, Transition
from replplan.errors import ConfigError
from replplan_domains.notebook.files import describe_files, resolve_files
from replplan_domains.notebook.tools import check_functions, load_functions

GOAL = "goal"
"""The one split, and the id of its one task."""


class Notebook(Domain):
    """A goal over files and functions. There is no world to act in and nothing to score by."""

    name: ClassVar[str] = "notebook"
    summary: ClassVar[str] = "your own goal over your own files and functions"
    default_split: ClassVar[str] = GOAL
    has_world: ClassVar[bool] = False

    def __init__(
        self,
        goal: str = "",
        files: Sequence[Path | str] | Path | str = (),
        tools: Path | str | Sequence[Callable[..., Any]] | None = None,
    ) -> None:
        """Set the goal and what there is to work with.

        Args:
            goal: what is to be done or found out, in words.
            files: files that cells may read by their names.
            tools: functions that cells may call: callables, or the path of a Python file of which
                all public functions are taken.

        Raises:
            ConfigError: a file is missing, unreadable or a folder, the Python file of tools fails
                to load, or a function has no name of its own.
        """
        self.goal = goal
        self._files = resolve_files([files] if isinstance(files, str | Path) else files)
        self._tools = Path(tools) if isinstance(tools, str | Path) else None
        self._functions = self._load(tools)

    @property
    def description(self) -> str:
        """Which files are there, and how to finish."""
        end = "There is no world to act in. When you know the result, call answer(value) with it."
        return "\n".join([*describe_files(self._files), end])

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
        return (Task(id=GOAL, domain=self.name, split=GOAL, goal=self.goal),)

    @property
    def functions(self) -> tuple[Callable[..., Any], ...]:
        """The user's functions. They run in the host."""
        if self._functions is None and self._tools is not None:
            self._functions = load_functions(self._tools)
        return self._functions or ()

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
        return check_functions(tools or ())

    def __getstate__(self) -> dict[str, Any]:
        """Functions out of a file do not travel: the file is loaded again where they are wanted."""
        return vars(self) | ({"_functions": None} if self._tools else {})
