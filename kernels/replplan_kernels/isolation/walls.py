"""What a kernel may reach and use, whatever puts up the walls."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True)
class Mount:
    """A file or folder of the host that cells see at its own place.

    Attributes:
        path: absolute.
        writable: whether cells may change it.
    """

    path: str
    writable: bool = False


@dataclass(frozen=True)
class Walls:
    """What a kernel may reach and use. All paths are absolute; sizes are bytes.

    Attributes:
        folder: the working folder, writable.
        private: the working folder is the kernel's own. Behind namespaces it is then held in
            memory, at most `folder_size` large, and what the host has at that path is neither seen
            nor changed.
        files: files of the user, read-only at their own place; in a private folder also to be had
            by their names.
        readable: further files and folders to read, such as an IPython folder.
        writable: further folders to write.
        sockets: a folder on the host's disk for the sockets on which the kernel is reached. Behind
            namespaces nothing else can be made there, where Linux is 5.19 or later.
        mounts: what the user asked for.
        hides: names of installed packages that are not to be found, where there is a root of its
            own.
        network: the host's network; without it a network of its own that leads nowhere, or none.
        memory: private memory of each process, and of all together where there is a cgroup.
        processes: processes and threads of the kernel, those that it starts included.
        file_size: one file.
        open_files: descriptors of each process.
        folder_size: a private working folder.
        tmp_size: `/tmp`, where it is held in memory.
        shm_size: `/dev/shm`, where it is held in memory.
        inodes: files in each of these three.
    """

    folder: str
    private: bool = True
    files: tuple[str, ...] = ()
    readable: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    sockets: str | None = None
    mounts: tuple[Mount, ...] = ()
    hides: tuple[str, ...] = ()
    network: bool = False
    memory: int = 4 * GIB
    processes: int = 128
    file_size: int = GIB
    open_files: int = 1024
    folder_size: int = GIB
    tmp_size: int = 512 * MIB
    shm_size: int = 256 * MIB
    inodes: int = 50_000

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Walls:
        """Back from `to_json`, also once it has been through JSON text."""
        known = {field.name: data[field.name] for field in fields(cls) if field.name in data}
        known["mounts"] = tuple(Mount(**mount) for mount in known.get("mounts", ()))
        for name in ("files", "readable", "writable", "hides"):
            known[name] = tuple(known.get(name, ()))
        return cls(**known)

    def all_readable(self) -> tuple[str, ...]:
        """All that is to be seen but not changed."""
        return (*self.readable, *self.files, *(m.path for m in self.mounts if not m.writable))

    def all_writable(self) -> tuple[str, ...]:
        """All that may be changed, the working folder apart."""
        sockets = (self.sockets,) if self.sockets else ()
        return (*sockets, *self.all_makeable())

    def all_makeable(self) -> tuple[str, ...]:
        """Where files of any kind may be made, the working folder apart."""
        return (*self.writable, *(m.path for m in self.mounts if m.writable))
