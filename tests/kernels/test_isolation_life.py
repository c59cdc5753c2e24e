"""How walls are put up and taken down, and what is said where they cannot be."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from replplan.errors import ConfigError, KernelError
from replplan_kernels.isolation import cgroup, ladder
from replplan_kernels.isolation.enter import enter
from replplan_kernels.isolation.linux import WallError
from replplan_kernels.isolation.trial import Broken, run_walled
from replplan_kernels.isolation.walls import Mount, Walls

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="walls are Linux's")

SECONDS = 20


class TestTheEnd:
    def test_a_daemon_ends_with_its_kernel(self, walls: Walls, namespaces: ladder.Level) -> None:
        """The pipe ends when the last process that could hold it has ended."""
        reader, writer = os.pipe()
        request = ladder.prepare(walls, level=namespaces)
        life = start(request, daemonize, keep=[writer])
        os.close(writer)
        assert os.read(reader, 6) == b"daemon"
        life.end()
        assert ended(reader)

    def test_kernels_end_with_the_zygote(self, walls: Walls, level: ladder.Level) -> None:
        reader, writer = os.pipe()
        request = ladder.prepare(walls, level=level)
        zygote = os.fork()
        if zygote == 0:
            start(request, wait_for_ever, keep=[writer])
            signal.pause()
        os.close(writer)
        assert os.read(reader, 4) == b"here"
        os.kill(zygote, signal.SIGKILL)
        os.waitpid(zygote, 0)
        assert ended(reader)

    def test_a_zygote_learns_how_a_kernel_ended(
        self, walls: Walls, namespaces: ladder.Level
    ) -> None:
        """As its subreaper it is told of both processes, and of the kernel's own status."""
        done = subprocess.run(
            [sys.executable, "-c", ZYGOTE, json.dumps(ladder.prepare(walls, level=namespaces))],
            capture_output=True,
            text=True,
            env=dict(os.environ) | {"PYTHONPATH": os.pathsep.join(sys.path)},
            timeout=SECONDS,
        )
        assert done.stdout.split() == ["caller", "0", "kernel", "7", "init", "0"], done.stderr


ZYGOTE = """
import ctypes, json, os, sys
from replplan_kernels.isolation.enter import enter
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
(news, announce), (lifeline, life) = os.pipe(), os.pipe()
if not (child := os.fork()):
    os.close(life)
    enter(json.loads(sys.argv[1]), announce=announce, lifeline=lifeline)
    os._exit(7)
os.close(announce)
os.close(lifeline)
pids = json.loads(os.read(news, 1000))
print("caller", os.waitpid(child, 0)[1])
print("kernel", os.waitstatus_to_exitcode(os.waitpid(pids["kernel"], 0)[1]))
os.close(life)
status = os.waitstatus_to_exitcode(os.waitpid(pids["init"], 0)[1])
print("init", 0 if status in (0, 1) else status)
"""


def daemonize(keep: list[int]) -> None:
    """A process that has nothing to do with its parent any more."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(keep[0], b"daemon")
            time.sleep(600)
        os._exit(0)
    time.sleep(600)


def wait_for_ever(keep: list[int]) -> None:
    os.write(keep[0], b"here")
    time.sleep(600)


def ended(reader: int) -> bool:
    """Whether a pipe came to its end in good time; what came before is passed over."""
    while select.select([reader], [], [], SECONDS)[0]:
        if not os.read(reader, 100):
            os.close(reader)
            return True
    return False


class Life:
    """What a zygote holds of one kernel."""

    def __init__(self, child: int, pids: dict[str, int], lifeline: int) -> None:
        self.child, self.pids, self.lifeline = child, pids, lifeline

    def end(self) -> None:
        os.kill(self.pids["kernel"], signal.SIGKILL)
        os.close(self.lifeline)
        os.waitpid(self.child, 0)


def start(request: dict[str, Any], function: Callable[[list[int]], None], keep: list[int]) -> Life:
    (news, announce), (lifeline, life) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(life)
        try:
            enter(request, keep=keep, announce=announce, lifeline=lifeline)
            function(keep)
        finally:
            os._exit(1)
    os.close(announce)
    os.close(lifeline)
    pids = json.loads(os.read(news, 1000))
    os.close(news)
    return Life(child, pids, life)


class TestRefusals:
    def test_no_level_at_all(self, walls: Walls, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ladder, "why_not", lambda level: f"{level} is broken")
        with pytest.raises(KernelError, match="--isolation none") as raised:
            ladder.prepare(walls)
        assert all(f"{level} is broken" in str(raised.value) for level in ladder.LEVELS)

    def test_none_when_asked_for(self, walls: Walls) -> None:
        def parent() -> int:
            return os.getppid()

        assert run_walled(ladder.prepare(walls, "none"), parent) == os.getpid()

    def test_the_next_level_where_one_is_not_to_be_had(
        self, walls: Walls, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            ladder, "why_not", lambda level: None if level == "landlock" else "not here"
        )
        assert ladder.strongest() == "landlock"
        assert ladder.prepare(walls)["level"] == "landlock"

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"readable": ("no/such",)}, "not absolute"),
            ({"readable": ("/no/such/path",)}, "does not exist"),
            ({"mounts": (Mount("/"),)}, "whole file system"),
            ({"files": ("/etc/hostname", "/etc/hostname")}, "two files"),
        ],
    )
    def test_bad_paths(self, walls: Walls, change: dict[str, Any], words: str) -> None:
        with pytest.raises(ConfigError, match=words):
            ladder.prepare(replace(walls, **change), level="landlock")

    def test_walls_within_walls(self, walls: Walls, namespaces: ladder.Level) -> None:
        """What is walled in cannot go into namespaces again, and is told so."""
        request = ladder.prepare(walls, level=namespaces)

        def again() -> object:
            return run_walled(request, os.getpid)

        with pytest.raises(Broken, match="namespaces: Operation not permitted"):
            run_walled(request, again)

    def test_more_than_one_thread(self, walls: Walls) -> None:
        stop = threading.Event()
        thread = threading.Thread(target=stop.wait)
        thread.start()
        try:
            with pytest.raises(WallError, match="more than one thread"):
                enter(ladder.prepare(walls, level="landlock"))
        finally:
            stop.set()
            thread.join()

    def test_a_folder_that_is_gone(self, walls: Walls, level: ladder.Level) -> None:
        request = ladder.prepare(replace(walls, private=False), level=level)
        Path(walls.folder).rmdir()
        with pytest.raises(Broken, match="No such file or directory"):
            run_walled(request, os.getpid)


class TestCgroups:
    def test_under_the_nearest_that_hands_on(self, tmp_path: Path, walls: Walls) -> None:
        """The layout of version 2, as systemd delegates it to a user."""
        nearest = tmp_path / "user" / "app"
        (nearest / "shell.scope").mkdir(parents=True)
        for group, handed in ((tmp_path, "cpu"), (nearest.parent, "cpu memory pids")):
            (group / "cgroup.subtree_control").write_text(handed)
        (nearest / "cgroup.subtree_control").write_text("memory pids")
        (nearest / "shell.scope" / "cgroup.subtree_control").write_text("")
        (tmp_path / "cgroup.controllers").write_text("cpu memory pids")
        own = tmp_path / "own-group"
        own.write_text("0::/user/app/shell.scope\n")
        made = cgroup.make(replace(walls, processes=7), tmp_path, own)
        assert made is not None
        assert made.folder.parent == nearest
        assert (made.folder / "pids.max").read_text() == "7"

    def test_where_none_may_be_made(self, tmp_path: Path, walls: Walls) -> None:
        own = tmp_path / "own-group"
        own.write_text("0::/\n")
        assert cgroup.make(walls, tmp_path, own) is None
        assert cgroup.make(walls, tmp_path, tmp_path / "missing") is None

    def test_it_bounds_processes_and_is_removed(self, walls: Walls) -> None:
        made = cgroup.make(replace(walls, processes=5))
        if made is None:
            pytest.skip("this user may not make cgroups here")
        ready, go = os.pipe()
        child = os.fork()
        if child == 0:
            os.read(ready, 1)
            with contextlib.suppress(OSError):
                for count in range(1, 20):
                    if os.fork() == 0:
                        time.sleep(600)
                    elif count > 10:
                        os._exit(1)
            os._exit(0)
        try:
            made.add(child)
            os.write(go, b"x")
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        finally:
            made.remove()
            os.close(ready)
            os.close(go)
        assert not made.folder.exists()
        made.remove()
