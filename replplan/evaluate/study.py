"""What a run is to find out, and the episodes that this comes to."""

from __future__ import annotations

import itertools
import re
from typing import Literal

from replplan.kernel import KernelOptions
from replplan.limits import Limits
from replplan.mount import Mount
from replplan.record import Json, Record

_LONGEST = 60
"""Characters of a task and a method in the name of a file."""


class Job(Record):
    """One episode that is to be played. `number` is its place in the study, from 1."""

    number: int
    split: str
    task: str
    seed: int
    method: str
    model: str

    @property
    def name(self) -> str:
        """A name for its files: unique in its run, and safe on every file system."""
        words = re.sub(r"[^\w.]+", "-", f"{self.task}-{self.method}").strip("-.")
        return f"{self.number:05}-{words[:_LONGEST]}"


class Study(Record):
    """All that decides what the episodes of a run are; `run.json` keeps it.

    Attributes:
        domain: the domain's name.
        options: its own options, as text.
        tasks: the ids of the tasks, by split.
        seeds: each task is done once with each.
        methods: names of planners, with their switches: "repl-plan/no-children".
        models: names as `--model` takes them.
        base_url: the endpoint, without keys; None for OPENAI_BASE_URL or OpenAI's own.
        params: parameters of every request to it.
        limits: what one episode may spend.
        isolation: how cells are walled in.
        mounts: folders that cells see.
        network: whether cells can use the network.
        kernel: an installed kernelspec, whose Python cells then have.
    """

    domain: str
    options: dict[str, str] = {}
    tasks: dict[str, tuple[str, ...]]
    seeds: tuple[int, ...] = (0,)
    methods: tuple[str, ...] = ("repl-plan",)
    models: tuple[str, ...] = ("local",)
    base_url: str | None = None
    params: dict[str, Json] = {}
    limits: Limits = Limits()
    isolation: Literal["auto", "none"] = "auto"
    mounts: tuple[str, ...] = ()
    network: bool = False
    kernel: str | None = None

    def jobs(self) -> tuple[Job, ...]:
        """The product of all these, in the order in which it is played.

        What is to be compared stands side by side, so that a run that ends early still has pairs.
        """
        tasks = [(split, task) for split, ids in self.tasks.items() for task in ids]
        product = itertools.product(self.seeds, tasks, self.models, self.methods)
        return tuple(
            Job(number=number, split=split, task=task, seed=seed, method=method, model=model)
            for number, (seed, (split, task), model, method) in enumerate(product, 1)
        )

    def kernel_options(self) -> KernelOptions:
        """How kernels are to be opened."""
        return KernelOptions(
            isolation=self.isolation,
            mounts=tuple(map(Mount.parse, self.mounts)),
            network=self.network,
            kernel=self.kernel,
        )
