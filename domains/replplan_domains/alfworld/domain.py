"""ALFWorld as a domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from replplan.baseline import act_at_random
from replplan.domain import Adapters, Domain, Environment, Task, Transition
from replplan.errors import ConfigError
from replplan_domains.alfworld.engine import NOTHING_HAPPENS
from replplan_domains.alfworld.environment import ALFWorldEnvironment, CountedGame
from replplan_domains.alfworld.found import FoundTasks, SlimFile, find_splits
from replplan_domains.alfworld.game import Game
from replplan_domains.alfworld.kinds import KIND_BY_NAME
from replplan_domains.alfworld.records import GameRecord, read_record
from replplan_domains.alfworld.solve import solve
from replplan_domains.alfworld.tasks import DOMAIN, SIZES, GeneratedTasks, generated_task
from replplan_domains.alfworld.upstream import check_installed, download, games_folder

OWN, OFFICIAL = ENGINES = ("own", "official")

DESCRIPTION = """\
You are in a household room. act("...") does one command (X a thing, R a receptacle):
look, inventory, go to R, examine R, open R, close R, take X from R, move X to R, use X, \
heat X with R, cool X with R, clean X with R
Numbers are part of names: "mug 2", "drawer 1". A refused command answers "Nothing happens."
- Be at R first (go to R). Open what is closed to look in, take or move.
- The hand holds one thing: take needs it empty; move, heat, cool, clean need X in it.
- heat takes a microwave, cool a fridge, clean a sinkbasin; then move X to its place.
- To look at X under a desklamp: take X, go where the desklamp is, use it.
- Two things go to the same R.
- Receptacles may share a place: if go to R is refused, examine R: you may be there.
Search for things. You have {actions} commands, refused ones too. The plan ends by itself when the \
task is done."""


DEMONSTRATED = SlimFile("demo", Path(__file__).parent / "demonstrated.jsonl.gz")
"""The games of the demonstrations and of the examples: they are in no split."""


TAUGHT = Path(__file__).parent / "adapter"
ADAPTERS = Adapters(plan=TAUGHT / "alfworld.gguf", yes_no=TAUGHT / "yes-no.gguf")


class ALFWorld(Domain):
    """Household tasks in text: find things, clean, heat or cool them, put them where they belong.

    Without data the splits are `train` (3,000 games), `dev` (120) and `test` (240), drawn here.
    With it they are those of the folder, such as `valid_seen`, `valid_unseen` and `train`; the
    first of these is the default.
    """

    name: ClassVar[str] = DOMAIN
    summary: ClassVar[str] = "household tasks in text (ALFWorld): own engine, own or official games"
    baseline: ClassVar[str] = "random: whatever is not refused"
    observation_size: int | None = 4000

    def __init__(
        self,
        data: Path | str | None = None,
        strict: bool = False,
        actions: int = 50,
        engine: str = OWN,
        caches: bool = True,
    ) -> None:
        """Choose games, rules and engine.

        Args:
            data: a folder of official games, as slim files or as they are downloaded; None for
                the games that are drawn here, or with the official engine for those that upstream
                finds: in `$ALFWORLD_DATA`, else where `replplan data alfworld` puts them.
            strict: refuse `put X in/on Y`, the older word for `move X to Y`, as the official
                engine does.
            actions: a game that is not won after so many actions is cut off.
            engine: `own`, or `official` for TextWorld's, a thousand times slower, which is the
                extra `alfworld`. They answer alike, word for word.
            caches: whether the official engine keeps what it has computed; it is ten times slower
                without, and answers alike.

        Raises:
            ConfigError: `data` is no folder of games, `actions` is not positive, there is no such
                engine, or it is not installed.
        """
        if actions < 1:
            raise ConfigError(f"actions is {actions}: a game needs at least 1 action.")
        if engine not in ENGINES:
            raise ConfigError(f"ALFWorld has no engine {engine!r}; choose one of own, official.")
        self.engine, self.caches = engine, caches
        self.shares_process = self.copies = engine == OWN
        if engine == OFFICIAL:
            check_installed()
            data = games_folder() if data is None else data
        self.data = None if data is None else Path(data)
        self.strict, self.actions = strict, actions
        self._check_data()

    @property
    def description(self) -> str:
        """The commands, what they need, and the traps of this world."""
        return DESCRIPTION.format(actions=self.actions)

    def splits(self) -> tuple[str, ...]:
        """The splits of the folder; without one, those that are drawn here."""
        return tuple(SIZES if self.data is None else self._found)

    def tasks(self, split: str) -> Sequence[Task]:
        """The games of a split. Each is drawn or read when it is asked for.

        Raises:
            ConfigError: there is no such split.
            DomainError: a file of games is damaged.
        """
        if split not in self.splits():
            where = f" in {self.data}" if self.data else ""
            names = ", ".join(self.splits())
            more = "; official ones need --data DIR" if self.data is None else ""
            raise ConfigError(
                f"ALFWorld has no split {split!r}{where}; choose one of {names}{more}."
            )
        return GeneratedTasks(split) if self.data is None else self._found[split]

    def task(self, id: str) -> Task:  # noqa: A002 the surface's own word
        """The task of that id, drawn or read alone.

        Raises:
            KeyError: there is none.
            DomainError: a file of games is damaged.
        """
        found: Iterable[FoundTasks] = () if self.data is None else self._found.values()
        for tasks in (DEMONSTRATED, *found):
            if id in tasks.ids:
                return tasks.by_id(id)
        if self.data is None:
            return generated_task(id)
        raise KeyError(id)

    @property
    def examples(self) -> Sequence[Task]:
        """The games of the demonstrations, whatever the data."""
        return DEMONSTRATED

    def gold(self, task: Task) -> Sequence[str] | None:
        """A plan made with full knowledge of the room, where the plain way wins."""
        return solve(Game.from_record(read_record(task.data))) or None

    def play(self, task: Task, world: Environment | None) -> None:
        """Do at random what is not refused."""
        assert world is not None
        act_at_random(task, world, "look")

    def open(self, task: Task) -> CountedGame:
        """The world of a task; it needs nothing but the task.

        Raises:
            DomainError: the task's data is no game.
        """
        record = read_record(task.data)
        if self.engine == OFFICIAL:
            return self._open_officially(task, record)
        return ALFWorldEnvironment(
            Game.from_record(record), actions=self.actions, strict=self.strict
        )

    def _open_officially(self, task: Task, record: GameRecord) -> CountedGame:
        """In the official engine: the file of the task itself where there is one."""
        from replplan_domains.alfworld.official_engine import OfficialEnvironment

        found = None if self.data is None else self._found.get(task.split)
        file = found.file(task.id) if found else None
        return OfficialEnvironment(
            file or record, actions=self.actions, strict=self.strict, caches=self.caches
        )

    @classmethod
    def download(cls, folder: Path | None) -> Path:
        """Get the official games by upstream's own download."""
        return download(folder)

    @property
    def adapters(self) -> Adapters | None:
        """What the embedded model was taught of these games; see the cards beside them."""
        return ADAPTERS if ADAPTERS.plan.is_file() else None

    def refused(self, transition: Transition) -> bool:
        """Whether a command did nothing."""
        return transition.observation == NOTHING_HAPPENS

    def kind(self, task: Task) -> str:
        """One of the six kinds of household task."""
        kind = KIND_BY_NAME.get(task.data.get("type", ""))
        return kind.short if kind else ""

    @property
    def demos(self) -> Path:
        """Demonstrations of all six kinds of task and of their searches, on `DEMONSTRATED`."""
        return Path(__file__).parent / "demos"

    @cached_property
    def _found(self) -> Mapping[str, FoundTasks]:
        assert self.data is not None
        return find_splits(self.data)

    def _check_data(self) -> None:
        if self.data is not None:  # what is wrong with a folder is said at once
            usual = [split for split in ("valid_seen", "valid_unseen") if split in self._found]
            self.default_split = (usual or self.splits())[0]

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_found"}
