"""What a kernel may still do behind its walls, and how they are put up and taken down."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replplan_kernels.isolation import ladder
from replplan_kernels.isolation.trial import run_walled
from replplan_kernels.isolation.walls import Mount, Walls

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="walls are Linux's")

SECONDS = 20


def behind(walls: Walls, level: ladder.Level, function: Callable[..., Any], *args: Any) -> Any:
    return run_walled(ladder.prepare(walls, level=level), function, *args)


class TestWhatIsReachable:
    def test_a_file_of_the_user(self, walls: Walls, level: ladder.Level, tmp_path: Path) -> None:
        given_file = tmp_path / "sales.csv"
        given_file.write_text("a,b\n")

        def use() -> list[object]:
            by_name = Path("sales.csv").read_text()
            try:
                Path("sales.csv").write_text("changed")
            except OSError as e:
                return [by_name, given_file.read_text(), type(e).__name__]
            return [by_name, "it was written"]

        found = behind(replace(walls, files=(str(given_file),)), level, use)
        assert found[:2] == ["a,b\n", "a,b\n"]
        assert found[2] in ("OSError", "PermissionError")
        assert given_file.read_text() == "a,b\n"

    def test_files_are_copied_moved_and_linked(self, walls: Walls, level: ladder.Level) -> None:
        def use() -> list[str]:
            Path("a").write_text("kept")
            shutil.copy2("a", "b")
            Path("deep").mkdir()
            Path("b").rename("deep/c")
            os.link("deep/c", "d")
            shutil.move("d", os.environ["TMPDIR"])
            return [Path(p).read_text() for p in ("a", "deep/c", os.environ["TMPDIR"] + "/d")]

        (sockets := Path(walls.folder + "-sockets")).mkdir()
        assert behind(replace(walls, sockets=str(sockets)), level, use) == ["kept"] * 3

    def test_folders_by_what_they_are_for(
        self, walls: Walls, level: ladder.Level, tmp_path: Path
    ) -> None:
        for name in ("readable", "writable", "mount", "open-mount"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "there").write_text(name)
        mounts = (
            Mount(str(tmp_path / "mount")),
            Mount(str(tmp_path / "open-mount"), writable=True),
        )
        given_walls = replace(
            walls,
            readable=(str(tmp_path / "readable"),),
            writable=(str(tmp_path / "writable"),),
            mounts=mounts,
        )

        def use() -> dict[str, list[str]]:
            found = {}
            for folder in ("readable", "writable", "mount", "open-mount"):
                place = tmp_path / folder
                found[folder] = [(place / "there").read_text()]
                with contextlib.suppress(OSError):
                    (place / "made").write_text("made")
                    found[folder].append("written")
            return found

        assert behind(given_walls, level, use) == {
            "readable": ["readable"],
            "writable": ["writable", "written"],
            "mount": ["mount"],
            "open-mount": ["open-mount", "written"],
        }
        assert (tmp_path / "writable" / "made").read_text() == "made"
        assert (tmp_path / "open-mount" / "made").read_text() == "made"
        assert not (tmp_path / "readable" / "made").exists()
        assert not (tmp_path / "mount" / "made").exists()

    def test_a_folder_of_the_user_keeps_what_is_written(
        self, walls: Walls, level: ladder.Level
    ) -> None:
        def write() -> int:
            return Path("result.txt").write_text("kept")

        behind(replace(walls, private=False), level, write)
        assert Path(walls.folder, "result.txt").read_text() == "kept"

    def test_a_private_folder_is_in_memory(self, walls: Walls, namespaces: ladder.Level) -> None:
        def write() -> list[str]:
            Path("result.txt").write_text("gone")
            return [path.name for path in Path().iterdir()]

        assert behind(walls, namespaces, write) == ["result.txt"]
        assert list(Path(walls.folder).iterdir()) == []

    def test_a_folder_behind_a_symbolic_link(
        self, walls: Walls, namespaces: ladder.Level, tmp_path: Path
    ) -> None:
        link = tmp_path / "link"
        link.symlink_to(walls.folder)

        def write() -> str:
            (link / "here").write_text("x")
            return str(Path(walls.folder, "here").read_text())

        assert behind(replace(walls, folder=str(link), private=False), namespaces, write) == "x"

    def test_the_libraries_that_are_installed(self, walls: Walls, level: ladder.Level) -> None:
        code = "import ipykernel, ssl, sqlite3, zmq, replplan_kernels.isolation; print('all')"

        def run() -> str:
            environment = dict(os.environ) | {"PYTHONPATH": os.pathsep.join(sys.path)}
            command = [sys.executable, "-c", code]
            done = subprocess.run(command, capture_output=True, text=True, env=environment)
            return done.stdout + done.stderr

        assert behind(walls, level, run) == "all\n"

    def test_a_server_of_its_own(self, walls: Walls, namespaces: ladder.Level) -> None:
        def talk() -> str:
            with (
                socket.create_server(("127.0.0.1", 0)) as server,
                socket.create_connection(server.getsockname()) as client,
            ):
                client.sendall(b"hello")
                with server.accept()[0] as heard:
                    return heard.recv(5).decode()

        assert behind(walls, namespaces, talk) == "hello"

    def test_processes_threads_and_shared_memory(
        self, walls: Walls, namespaces: ladder.Level
    ) -> None:
        def work() -> int:
            from multiprocessing import get_context

            found: list[int] = []
            thread = threading.Thread(target=found.append, args=(1,))
            thread.start()
            thread.join()
            with get_context("fork").Pool(2) as pool:
                return sum(pool.map(abs, [-1, -2])) + sum(found)

        assert behind(walls, namespaces, work) == 4

    def test_the_network_when_it_was_asked_for(self, walls: Walls, level: ladder.Level) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = server.getsockname()

            def call() -> int:
                with socket.create_connection(address, 5) as s:
                    return s.send(b"x")

            assert behind(replace(walls, network=True), level, call) == 1
            with server.accept()[0] as heard:
                assert heard.recv(1) == b"x"

    def test_who_and_where_it_is(self, walls: Walls, namespaces: ladder.Level) -> None:
        def look() -> list[object]:
            import pwd
            import tempfile

            user = pwd.getpwuid(os.getuid())
            return [str(Path.cwd()), tempfile.gettempdir(), user.pw_name, os.getuid(), os.getpid()]

        assert behind(walls, namespaces, look) == [walls.folder, "/tmp", "kernel", os.getuid(), 2]


paths = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20).map("/".__add__)


@given(
    st.builds(
        Walls,
        folder=paths,
        private=st.booleans(),
        files=st.lists(paths, max_size=3).map(tuple),
        mounts=st.lists(st.builds(Mount, paths, st.booleans()), max_size=3).map(tuple),
        network=st.booleans(),
        memory=st.integers(1),
    )
)
def test_walls_come_back_from_json(walls: Walls) -> None:
    assert Walls.from_json(json.loads(json.dumps(walls.to_json()))) == walls


def test_bubblewrap_starts_any_program(walls: Walls) -> None:
    if (reason := ladder.why_not("bubblewrap")) is not None:
        pytest.skip(f"this machine has not got bubblewrap: {reason}")
    code = "import ipykernel, os; print(os.getcwd(), sorted(os.listdir('/root')) == ['x'])"
    command = [*ladder.command_prefix(walls), sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    assert done.stdout.split()[:1] == [walls.folder], done.stderr
