"""A kernel's folders: a private one for its sockets, a working folder for its cells."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from replplan.errors import ConfigError
from replplan.kernel import KernelOptions
from replplan.mount import Mount

_SOCKET_PATH = 103
"""Bytes that the path of a Unix socket may have on every system: macOS allows fewest."""

_SYSTEM = ("/dev", "/proc", "/sys")

_LARGEST = 1 << 30
"""Bytes that a file may have which is copied into a working folder."""


@dataclass
class Workspace:
    """Where a kernel lives.

    Attributes:
        private: sockets, the connection file, IPython's own folder, and what the process wrote
            to stderr; mode 0700, removed when the kernel is closed.
        folder: the working folder of the cells.
        placed: files that were put into a working folder that is not ours to remove.
    """

    private: Path
    folder: Path
    placed: list[Path] = field(default_factory=list)

    def remove(self) -> None:
        """Leave nothing behind."""
        for path in self.placed:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        shutil.rmtree(self.private, ignore_errors=True)

    def place(self, files: tuple[Path, ...]) -> None:
        """Copy the files into the working folder.

        Copies, not links: a cell that writes to one must not change the user's own.

        Raises:
            ConfigError: there is no such file, or another of its name, or it is too large.
        """
        for file in files:
            target = self.folder / file.name
            if target.exists() and target.samefile(file):
                continue
            if target.exists() or target.is_symlink():  # cells before may have left one
                raise ConfigError(
                    f"{self.folder} already has a file {file.name}: rename {file}, or that one"
                )
            check_size(file)
            self.placed.append(target)
            if file.is_dir():
                shutil.copytree(file, target)
            else:
                shutil.copy2(file, target)


def check_size(file: Path) -> None:
    """See to it that a file can well be copied.

    Raises:
        ConfigError: it is too large for that; says what to do.
    """
    size = file.stat().st_size
    if size > _LARGEST:
        raise ConfigError(
            f"{file} has {size / 1e9:.1f} GB, and here files are copied, of {_LARGEST / 1e9:.1f} "
            "GB at most: mount its folder and read it there"
        )


def make_workspace(options: KernelOptions) -> Workspace:
    """Make the private folder, and a working folder in it where none is given.

    Raises:
        ConfigError: the working folder that is given does not exist.
    """
    given = check_folder(options)
    private = private_folder()
    (private / "ipython").mkdir()
    folder = given or private / "work"
    folder.mkdir(exist_ok=True)
    return Workspace(private, folder)


def check_folder(options: KernelOptions) -> Path | None:
    """The working folder that is given, if one is; it and the files are there.

    Raises:
        ConfigError: the folder or a file does not exist.
    """
    for file in options.files:
        if not file.exists():
            raise ConfigError(f"there is no file {file}: give the path of one that exists")
    check_mounts(options.mounts)
    if options.folder is not None and not options.folder.is_dir():
        raise ConfigError(f"there is no folder {options.folder}: make it, or leave it out")
    return options.folder.resolve() if options.folder else None


def check_mounts(mounts: tuple[Mount, ...]) -> None:
    """See to it that all of them are there, and show no kernel another's sockets.

    Raises:
        ConfigError: one is not there, or holds the system's own or temporary files.
    """
    for path in (mount.path for mount in mounts):
        if not path.exists():
            raise ConfigError(f"there is no {path} to mount: give a folder that exists")
        real = path.resolve()
        if system := next((s for s in _SYSTEM if real.is_relative_to(s)), None):
            raise ConfigError(f"{path} cannot be mounted: every kernel has a {system} of its own")
        if real == Path("/"):
            raise ConfigError("the whole file system cannot be mounted: name a folder in it")
        if Path(tempfile.gettempdir()).resolve().is_relative_to(real):
            raise ConfigError(
                f"{path} cannot be mounted: kernels keep their sockets in it, name a folder in it"
            )


def private_folder(longest: str = "kernel-9") -> Path:
    """A new folder for sockets, of which this is the longest name: its path is short enough."""
    folder = Path(tempfile.mkdtemp(prefix="rp-")).resolve()
    if len(os.fsencode(folder / longest)) <= _SOCKET_PATH:
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="rp-", dir="/tmp"))  # mkdtemp makes it 0700
