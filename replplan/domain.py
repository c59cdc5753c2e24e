"""Worlds: tasks, environments, and what a plan has to be told of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from replplan.carried import Value
from replplan.cell import Answer
from replplan.errors import ConfigError
from replplan.extras import Need
from replplan.record import Json, Record


class Task(Record):
    """One thing to do. `goal` is in words; `data` is what the domain needs to open its world."""

    id: str
    domain: str
    split: str
    goal: str
    data: dict[str, Json] = {}


class Transition(Record):
    """What one action led to (Gymnasium's words).

    `terminated`: the world itself came to its end; `truncated`: a limit of the world cut it off.
    `reward` and `info` stay in the host; a cell sees the observation alone.
    """

    observation: str
    reward: float = 0.0
    terminated: bool = False
    truncated: bool = False
    info: dict[str, Json] = {}


class Score(Record):
    """How well a task was done: `value` in 0..1, and whether that counts as solved.

    Both are None where a domain has nothing to measure by.
    """

    value: float | None = None
    solved: bool | None = None


class Environment(ABC):
    """One world being acted in. A plain synchronous object; the core gives it a process."""

    @abstractmethod
    def reset(self) -> str:
        """Begin anew and return the first observation. Two resets give the same world."""

    @abstractmethod
    def step(self, action: str) -> Transition:
        """Do one action. An action that the world does not know is refused in words."""

    def close(self) -> None:  # noqa: B027 most worlds hold nothing
        """Let go of what the world holds."""


@dataclass(frozen=True)
class Adapters:
    """What the embedded model was taught of a domain: LoRA adapters, GGUF files.

    Attributes:
        plan: with it loaded the model has the demonstrations by heart, and is shown none.
        yes_no: answers fuzzy questions whose answer is true or false; None: `plan` does.
    """

    plan: Path
    yes_no: Path | None = None


class Domain(ABC):
    """A kind of world and its tasks.

    A domain is made with keyword arguments alone, each a name that the command line takes as a
    flag; it must be picklable, since its environments run in a process of their own.
    """

    name: ClassVar[str]
    summary: ClassVar[str] = ""
    """One line for `replplan domains`."""

    default_split: str = "dev"

    has_world: ClassVar[bool] = True
    """False where there is no world to act in, only files and functions: `open` is not called."""

    needs: ClassVar[tuple[Need, ...]] = ()
    """What has to be installed beside replplan itself for its worlds to open."""

    baseline: ClassVar[str] = ""
    """What `play` does, in a few words for tables; empty where nothing plays."""

    hides: ClassVar[tuple[str, ...]] = ()
    """Installed packages that cells do not find: whoever can import what draws a world by a seed
    can draw it again, answer and all."""

    observation_size: int | None = None
    """No observation is longer than this many characters; None where that is not known."""

    copies: bool = False
    """Whether a world can be copied and pickled, the copy going on from here by itself."""

    shares_process: bool = False
    """True where all worlds of a host may live in one process: no step takes long, none can end
    the process, and together they need little more memory than one."""

    @property
    @abstractmethod
    def description(self) -> str:
        """What a planner is told of this world: its actions, its rules, when a task is done."""

    @abstractmethod
    def splits(self) -> tuple[str, ...]:
        """The names of the task sets that are here."""

    @abstractmethod
    def tasks(self, split: str) -> Sequence[Task]:
        """The tasks of a split, in a fixed order.

        Raises:
            ConfigError: there is no such split.
            DomainError: its data is missing or damaged.
        """

    @property
    def examples(self) -> Sequence[Task]:
        """Tasks that are in no split, such as those of the demonstrations: to be had by id."""
        return ()

    def open(self, task: Task) -> Environment:
        """The world of a task, not yet reset.

        Raises:
            DomainError: its data is missing or damaged.
        """
        raise NotImplementedError(f"{type(self).__name__} has no world")

    def task(self, id: str) -> Task:  # noqa: A002 the surface's own word
        """The task of that id, whatever its split.

        Raises:
            KeyError: there is none.
        """
        for split in self.splits():
            for task in self.tasks(split):
                if task.id == id:
                    return task
        raise KeyError(id)

    @property
    def functions(self) -> tuple[Callable[..., Any], ...]:
        """Functions that cells may call; they run in the host, with JSON in and out."""
        return ()

    @property
    def kernel_functions(self) -> tuple[Callable[..., Any], ...]:
        """Functions that cells may call which run in the kernel; they are among `values`."""
        return ()

    def values(self, task: Task) -> tuple[Value, ...]:
        """What the cells of a task find bound."""
        return ()

    def files(self, task: Task) -> tuple[Path, ...]:
        """Files that the cells of a task may read."""
        return ()

    @property
    def demos(self) -> Path | None:
        """The folder of demonstrations: `<REPL name>/*.ipynb`."""
        return None

    @property
    def adapters(self) -> Adapters | None:
        """What the embedded model was taught of this domain."""
        return None

    def refused(self, transition: Transition) -> bool:
        """Whether the world refused an action.

        If so, and if its `info` has the `admissible` actions, a model can be told those that are
        near to what it tried. What `act` returns stays the world's own word.
        """
        return False

    def gold(self, task: Task) -> Sequence[str] | None:
        """Actions that solve a task, for `check_domain`; None where none are known.

        No plan is ever shown them.
        """
        return None

    def gold_answer(self, task: Task) -> Answer | None:
        """The answer that solves a task without a world, for `check_domain`; None where none is
        known. No plan is ever shown it."""
        return None

    def play(self, task: Task, world: Environment | None) -> Answer | None:
        """Do a task without a model, by rule or at random, as `baseline` says.

        It sees what a plan sees and no more, and does the same each time. `baseline.play_baseline`
        calls it, and scores what it came to.

        Args:
            task: the task.
            world: its world, not yet reset; None where the domain has none.

        Returns:
            What it answers; None where the world alone is judged.
        """
        raise NotImplementedError(f"{type(self).__name__} has no baseline")

    def kind(self, task: Task) -> str:
        """What kind of task this is, for tables; empty where all are of one kind."""
        return ""

    @classmethod
    def download(cls, folder: Path | None) -> Path:
        """Get the official data of this world, and return where it is: what `--data` takes.

        Args:
            folder: where to; None for the place where this domain looks for it.

        Raises:
            ConfigError: there is none to be got, or what is needed to get it is not installed.
            DomainError: the download failed.
        """
        raise ConfigError(f"the domain {cls.name} has no data to download")

    @classmethod
    def show(cls, observation: str) -> str:
        """An observation as people are to read it; cells and models see it as it is.

        Plain text, of several lines where it helps. `showing.readable` calls it, by the name of
        the domain alone, for live views, reports and exports.
        """
        return observation

    def complaint(self, task: Task, answer: Answer) -> str | None:
        """What is wrong with the form of an answer, for the model to mend it, if anything is."""
        return None

    def score(self, task: Task, last: Transition | None, answer: Answer | None) -> Score:
        """Judge an episode by the last transition of its world and by its answer."""
        if last is None:
            return Score(value=0.0, solved=False) if self.has_world else Score()
        return Score(value=last.reward, solved=last.reward >= 1)
