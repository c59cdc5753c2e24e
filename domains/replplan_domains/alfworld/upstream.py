"""The extra `alfworld`: whether it is installed, where its games are, and how they are got."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

from replplan.errors import ConfigError, DomainError

PACKAGES = ("alfworld", "textworld", "fast_downward")
MISSING = (
    'the official engine of ALFWorld is not installed: type `pip install "replplan[alfworld]"` '
    "(it compiles for two minutes and needs g++, make and cmake)"
)
DATA = "ALFWORLD_DATA"
"""The variable by which upstream finds its games."""

USUAL = Path("~/.cache/alfworld")
"""Where upstream puts them without it."""

DOWNLOAD = "alfworld-download"
STDERR = 2
TRACEBACK = b"Traceback (most recent call last)"


def check_installed() -> None:
    """See that the extra is here, without importing it.

    Raises:
        ConfigError: it is not.
    """
    if not all(find_spec(name) for name in PACKAGES):
        raise ConfigError(MISSING)


def games_folder() -> Path:
    """The folder where upstream keeps its games.

    Raises:
        ConfigError: there is none.
    """
    folder = usual_folder()
    if not folder.is_dir() or not any(folder.iterdir()):
        what = "nothing in" if folder.is_dir() else "no folder"
        raise ConfigError(
            f"no official games: there is {what} {folder}; type `replplan data alfworld`, or "
            f"name a folder with --data or ${DATA}"
        )
    return folder


def usual_folder() -> Path:
    """Where upstream looks for its games and puts them."""
    return Path(os.environ.get(DATA) or USUAL).expanduser()


def download(folder: Path | None) -> Path:
    """Run upstream's own download, which says on standard error how far it is.

    Raises:
        ConfigError: the extra is not installed.
        DomainError: the download failed; what has come stays, and the next try goes on from it.
    """
    check_installed()
    target = folder or usual_folder()
    script = Path(sysconfig.get_path("scripts")) / DOWNLOAD
    command = [sys.executable, str(script), "--data-dir", str(target)]
    code, error = _run(command)
    if code:
        why = error or f"exit code {code}"
        raise DomainError(
            f"{DOWNLOAD} did not come to its end ({why}); what has come stays, and the next try "
            "goes on from it"
        )
    return target


def _run(command: list[str]) -> tuple[int, str]:
    """A command's exit code, and the last line of its traceback, which is not passed on."""
    fell = b""
    with subprocess.Popen(command, stdout=STDERR, stderr=subprocess.PIPE) as process:
        assert process.stderr
        while piece := process.stderr.read1():  # type: ignore[attr-defined]
            said, mark, rest = (b"", b"", piece) if fell else piece.partition(TRACEBACK)
            os.write(STDERR, said)
            fell += mark + rest
    last = fell.decode(errors="replace").strip().splitlines()[-1:]
    return process.returncode, "".join(last)
