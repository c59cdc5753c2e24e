"""Leads a run from the command line: signals, the view, and the way to its end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from replplan.console.progress import RunView, view_of_run
from replplan.errors import ReplplanError
from replplan.evaluate.cluster import Cluster, default_jobs
from replplan.evaluate.conductor import Conductor, Ending
from replplan.evaluate.files import read_info
from replplan.evaluate.folder import RunFolder
from replplan.evaluate.gate import HostGate, Spending
from replplan.evaluate.harvest import spent_in
from replplan.evaluate.place import Here, Place
from replplan.evaluate.planning import check_models
from replplan.evaluate.room import Room
from replplan.evaluate.study import Study
from replplan.evaluate.workers import Workers
from replplan.models import without_secrets
from replplan.telemetry import Telling


@dataclass(frozen=True)
class Order:
    """What the command line asks for.

    Attributes:
        path: the run folder.
        study: what the run is to find out; None to go on with what the folder holds.
        base_url: the endpoint, secrets included.
        jobs: episodes at once; None for as many as the run had before, or as a cluster plays.
        cluster: where a Dask cluster is that plays them; None to play them in this process.
        retry_failed: play again what a fault of the infrastructure ended.
        total_cost: US dollars of the whole run.
        total_seconds: wall time of this process.
        patience: seconds that a lost endpoint is waited for.
        workers: processes in which the episodes are played; 0 for this one.
        telling: where spans are sent.
        stream: where people watch.
        quiet: show nothing.
    """

    path: Path
    study: Study | None
    base_url: str | None
    jobs: int | None
    cluster: str | None
    retry_failed: bool
    total_cost: float | None
    total_seconds: float | None
    patience: float
    workers: int
    telling: Telling
    stream: TextIO
    quiet: bool


@dataclass(frozen=True)
class Led:
    """A run that was led: its folder, closed, and how it ended."""

    folder: RunFolder
    ending: Ending


def lead(order: Order) -> Led:
    """Lead a run to its end.

    Raises:
        ReplplanError: it could not be begun, or what it found not be written.
    """
    return asyncio.run(_lead(order))


async def _lead(order: Order) -> Led:
    view = view_of_run(order.stream, order.quiet)
    study = _with_secrets(order.study or read_info(order.path).study, order)
    await check_models(study)
    if order.cluster and order.jobs is None:
        order = replace(order, jobs=await default_jobs(order.cluster))
    with _open(order, view) as folder:
        conductor = Conductor(
            folder, view, order.jobs or folder.info.jobs, seconds=order.total_seconds
        )
        spent = spent_in(folder) if order.total_cost else 0.0
        gate = HostGate(
            conductor.jobs,
            conductor.end,
            Spending(order.total_cost, spent),
            patience=order.patience,
        )
        _listen(conductor, view)
        try:
            with view:
                ending = await conductor.run(_place(order, study, gate, view))
        except ReplplanError as e:
            raise type(e)(f"{e}; what was finished is kept: {how_to_go_on(folder)}") from e
    return Led(folder, ending)


def _place(order: Order, study: Study, gate: HostGate, view: RunView) -> Place:
    """Where the episodes are played."""
    if order.cluster is not None:
        return Cluster(order.cluster, study, gate, gate.most, view.says, order.telling)
    if order.workers:
        return Workers(study, gate, order.workers, order.telling)
    return Here(Room(study, gate, telling=order.telling))


def how_to_go_on(folder: RunFolder) -> str:
    """What to type for the rest of a run."""
    return f"go on with `replplan eval --resume {folder.path}`"


def _open(order: Order, view: RunView) -> RunFolder:
    if order.study is not None:
        return RunFolder.create(order.path, order.study, order.jobs or 1)
    folder = RunFolder.resume(order.path, view.says)
    if order.retry_failed and (count := folder.take_out_failed()):
        which = "1 failed episode is" if count == 1 else f"{count} failed episodes are"
        view.says(f"{which} done again; failed.jsonl keeps what came of it before")
    return folder


def _with_secrets(study: Study, order: Order) -> Study:
    """The study with the endpoint's address as it is to be called; a run folder has no secrets."""
    known = os.environ.get("OPENAI_BASE_URL")
    same = known if without_secrets(known) == study.base_url else study.base_url
    return study.model_copy(update={"base_url": order.base_url or same})


def _listen(conductor: Conductor, view: RunView) -> None:
    """Ctrl-C finishes what runs, a second one stops now, as does the end of a terminal."""

    def interrupted() -> None:
        if conductor.ending is not None:
            conductor.interrupt()
            return
        conductor.finish()
        view.says("finishing what runs; no other episode is begun. Ctrl-C again stops now")

    if sys.platform != "win32":
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, interrupted)
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, conductor.interrupt)
