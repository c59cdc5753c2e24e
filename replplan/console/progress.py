"""How people watch a run: a live board on a terminal, plain lines in a log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from replplan.closing import Closing
from replplan.console import words
from replplan.console.clean import one_line
from replplan.evaluate.board import Board, Running

if TYPE_CHECKING:
    from replplan.evaluate.folder import RunFolder
    from replplan.evaluate.line import EpisodeLine
    from replplan.evaluate.status import Status
    from replplan.evaluate.study import Job

log = logging.getLogger(__name__)

_DOING = {"starts": "starts", "model": "thinks", "ask": "asks"} | {
    "cell": "runs a cell", "act": "acts",
}  # fmt: skip
_A_SECOND = 4


class RunView(Closing):
    """Keeps the board of a run and shows nothing: what the other views have in common."""

    def __init__(self) -> None:
        self.board = Board()

    def begins(self, folder: RunFolder, jobs: int) -> None:
        """Take up a run."""
        self.board.begin(folder)

    def started(self, job: Job) -> None:
        """Enter an episode that is begun."""
        self.board.start(job)

    def status(self, job: Job, status: Status) -> None:
        """Enter what an episode does."""
        self.board.update(job, status)

    def finished(self, line: EpisodeLine) -> None:
        """Enter an episode's end."""
        self.board.finish(line)

    def left(self, job: Job) -> None:
        """Enter that an episode was broken off."""
        self.board.leave(job)

    def says(self, sentence: str) -> None:
        """Pass over a sentence."""


class PlainRunView(RunView):
    """A line for each episode that ends, for pipes and logs."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream: TextIO | None = stream

    def begins(self, folder: RunFolder, jobs: int) -> None:
        """Say what is to come."""
        super().begins(folder, jobs)
        self._write(heading(folder, jobs, self.board))

    def finished(self, line: EpisodeLine) -> None:
        """Say how an episode ended, and where the run stands."""
        super().finished(line)
        self._write(f"{_place(self.board)} {outcome(line)} | {_standing(self.board)}")

    def says(self, sentence: str) -> None:
        """Say it."""
        self._write(sentence)

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(one_line(text) + "\n")
            self._stream.flush()
        except (OSError, ValueError) as error:
            log.warning("The view of the run ends, its stream is broken: %s", error)
            self._stream = None


class LiveRunView(RunView):
    """A board that is drawn anew a few times a second."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self._live = Live(get_renderable=self._draw, console=console, refresh_per_second=_A_SECOND)

    def close(self) -> None:
        """Give the terminal back."""
        if self._live.is_started:
            self._live.stop()

    def begins(self, folder: RunFolder, jobs: int) -> None:
        """Say what is to come, and show the board."""
        super().begins(folder, jobs)
        self._console.print(heading(folder, jobs, self.board))
        self._live.start()

    def says(self, sentence: str) -> None:
        """Say it above the board."""
        self._console.print(Text(sentence, "yellow"))

    def _draw(self) -> RenderableType:
        board = self.board
        bar = Table.grid(padding=(0, 1))
        bar.add_row(
            ProgressBar(total=max(board.total, 1), completed=board.done, width=30), _place(board)
        )
        running = tuple(board.running.values())  # a copy: it changes in another thread
        most = max(self._console.height - 8, 3)
        rows = Table.grid(padding=(0, 2))
        for one in running[:most]:
            rows.add_row(*_row(one, board.clock()))
        if len(running) > most:
            rows.add_row(Text(f"and {len(running) - most} more", "dim"))
        return Group(bar, Text(_standing(board)), Text(_rates(board), "dim"), rows)


def view_of_run(stream: TextIO, quiet: bool = False) -> RunView:
    """The view for a stream: a live board on a real terminal, plain lines elsewhere."""
    if quiet:
        return RunView()
    if stream.isatty():
        console = Console(file=stream, markup=False, highlight=False, emoji=False)
        if console.is_interactive and not console.is_dumb_terminal:
            return LiveRunView(console)
    return PlainRunView(stream)


def heading(folder: RunFolder, jobs: int, board: Board) -> str:
    """What a run is about."""
    study = folder.study
    there = f", {board.done} of them done" if board.done else ""
    parts = [
        f"{study.domain} {', '.join(study.tasks)}",
        ", ".join(study.methods),
        ", ".join(study.models),
        f"{words.counted(board.total, 'episode')}{there}",
        f"{jobs} at once",
    ]
    return f"{' · '.join(parts)} -> {folder.path}"


def outcome(line: EpisodeLine) -> str:
    """How an episode ended, in a few words."""
    head = "solved" if line.good else "not solved"
    why = "" if line.good else f" ({line.stop_reason})"
    if line.stop_reason == "failed":
        head, why = "failed", f" ({(line.error or '').splitlines()[0]})"
    turns, seconds = line.usage.turns, line.usage.seconds
    spent = f"{words.amount('turns', turns)}, {words.duration(seconds)}"
    return f"{line.task} {line.method} {line.asked} seed {line.seed}: {head}{why}, {spent}"


def _place(board: Board) -> str:
    failed = f", {board.failed} failed" if board.failed else ""
    return f"{board.done}/{board.total}{failed}"


def _standing(board: Board) -> str:
    solved = f"solved {board.solved}/{board.done}: {board.interval}"
    return f"{solved} · {_cost(board)}" if board.done else "nothing is done yet"


def _cost(board: Board) -> str:
    if board.cost_so_far is None:
        return "cost not known"
    projected = board.cost_projected
    whole = f", about {words.money(projected)} in all" if projected else ""
    return f"cost {words.money(board.cost_so_far)}{whole}"


def _rates(board: Board) -> str:
    left = board.seconds_left if board.running else None
    ahead = f" · about {words.duration(left)} left" if left is not None else ""
    pace = f"{board.tokens_a_second:,.0f} tokens/s"
    return f"{len(board.running)} running · {pace} · {words.duration(board.seconds)}{ahead}"


def _row(one: Running, now: float) -> tuple[Text, ...]:
    job, status = one.job, one.status
    where = "" if status.repl == "root" else f" in {one_line(status.repl)}"
    return (
        Text(job.task, no_wrap=True, overflow="ellipsis"),
        Text(f"{job.method} {job.model}", "dim", no_wrap=True, overflow="ellipsis"),
        Text(f"{_DOING[status.doing]}{where}", "cyan", no_wrap=True, overflow="ellipsis"),
        Text(f"turn {status.turns}", no_wrap=True),
        Text(words.duration(now - one.began), no_wrap=True),
    )
