"""The simulator: a Java process that is started once and serves one world after another."""

from __future__ import annotations

import atexit
import contextlib
from functools import lru_cache
from threading import Lock
from typing import Any

from replplan.errors import ConfigError, DomainError
from replplan.extras import Need, package

NEEDS = (
    package("scienceworld", "scienceworld"),
    Need(
        "java",
        "program",
        "it is a Java runtime of version 8 or later; install one, such as with"
        " `apt install default-jre-headless` or `brew install openjdk`",
    ),
)
_JAVA_OPTIONS = (
    "-XX:+IgnoreUnrecognizedVMOptions",
    "-XX:+UnlockExperimentalVMOptions",
    "-XX:hashCode=2",  # else things stand in another order each time that a task is loaded
    "-XX:TieredStopAtLevel=1",  # starts in half the time, and most tasks are over in seconds
    "-XX:+UseSerialGC",  # as quick here, in a third of the memory
)
_LOCK = Lock()
_IDLE: list[Simulator] = []
"""Simulators that no world holds: starting Java takes a second."""


def check_installed() -> None:
    """See that the extra and Java are here, without starting them.

    Raises:
        ConfigError: one is not.
    """
    for need in NEEDS:
        need.require()


class Simulator:
    """A running Java process. It ends with the process that started it, whatever ended that."""

    def __init__(self) -> None:
        """Start it.

        Raises:
            ConfigError: Java does not start.
        """
        from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
        from scienceworld.constants import BASEPATH, JAR_PATH

        try:
            port, token, self._process = launch_gateway(
                classpath=JAR_PATH,
                cwd=BASEPATH,
                javaopts=[*_JAVA_OPTIONS],
                die_on_exit=True,
                enable_auth=True,
                return_proc=True,
            )
            self._gateway = JavaGateway(
                gateway_parameters=GatewayParameters(
                    port=port, auth_token=token, auto_field=True, auto_convert=True
                )
            )
            self.server: Any = self._gateway.jvm.scienceworld.runtime.pythonapi.PythonInterface()
        except Exception as e:
            raise ConfigError(
                f"ScienceWorld's simulator does not start: {e}; {NEEDS[1].remedy}"
            ) from e

    @property
    def runs(self) -> bool:
        """Whether nobody has killed it."""
        return self._process.poll() is None

    def load(self, task: str, variation: int, simplifications: str, gold: bool = False) -> None:
        """Begin a task.

        Raises:
            DomainError: it cannot be loaded.
        """
        try:
            self.server.load(task, variation, simplifications, gold)
            self.server.reset()
        except Exception as e:
            raise DomainError(f"ScienceWorld cannot load {task}, {variation}: {e}") from e

    def end(self) -> None:
        """End it, and wait until its process is gone."""
        with contextlib.suppress(Exception):  # it may be dead already
            self._gateway.shutdown()
        self._process.stdin.close()  # which it reads, and leaves at its end
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def borrow() -> Simulator:
    """A simulator that is free, or a new one.

    Raises:
        ConfigError: the extra or Java is not installed, or Java does not start.
    """
    check_installed()
    with _LOCK:
        while _IDLE:
            simulator = _IDLE.pop()
            if simulator.runs:
                return simulator
            simulator.end()
    return Simulator()


def give_back(simulator: Simulator) -> None:
    """Leave a simulator to the next world; at the end of this process it is ended."""
    with _LOCK:
        _IDLE.append(simulator)


@atexit.register
def end_idle() -> None:
    """End the simulators that no world holds."""
    with _LOCK:
        while _IDLE:
            _IDLE.pop().end()


@lru_cache(maxsize=256)
def gold_actions(task: str, variation: int, simplifications: str) -> tuple[str, ...]:
    """The simulator's own way to do a task; it takes seconds to find.

    Raises:
        DomainError: it finds none.
    """
    simulator = borrow()
    try:
        simulator.load(task, variation, simplifications, gold=True)
        return tuple(map(str, simulator.server.getGoldActionSequence()))
    finally:
        give_back(simulator)
