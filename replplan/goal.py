"""A goal of the user's own, as a domain: what the core needs of the one that takes it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from replplan.answers import AnswerType
from replplan.cell import Variable
from replplan.domain import Domain


class GoalDomain(Domain):
    """One task: a goal in words, over files, functions and values of the user's own.

    Its data has, as `given`, the names of its `values` and `files`, if it has any.

    Attributes:
        variables: what the kernel holds already; the model is told of it.
        answer_type: the type that the answer is to have, if one was asked for.
    """

    variables: tuple[Variable, ...]
    answer_type: AnswerType | None

    @abstractmethod
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
                to load, or a function has no name or signature of its own.
        """

    @abstractmethod
    def furnish(
        self,
        values: Mapping[str, Any] | None = None,
        answer_type: Any = None,
        instructions: str = "",
    ) -> None:
        """Set what a Python program can give and a command line cannot.

        Args:
            values: what cells find bound, by name; handed into the kernel as copies.
            answer_type: the type of the answer, any that pydantic can validate.
            instructions: what the model is told beside the goal.

        Raises:
            ConfigError: a value cannot be handed over, or its name is taken; the type is none that
                an answer can have.
        """

    @abstractmethod
    def lend(self, functions: Sequence[Callable[..., Any]]) -> None:
        """Set further functions that cells may call; they run in the host.

        Raises:
            ConfigError: one has no name or signature of its own, or a name that is taken.
        """
