"""A filter of system calls: what a cell has no use for is refused.

Own code, since what there is on PyPI is not kept (pyseccomp, last released in 2021) and needs a
shared library that not every machine has. The filter is a list of plain comparisons, in the
language of seccomp(2).
"""

from __future__ import annotations

import ctypes
import errno
import socket
import struct

from replplan_kernels.isolation import linux, syscalls

Instruction = tuple[int, int, int, int]

LOAD, RETURN = 0x20, 0x06
EQUAL, AT_LEAST, ANY_BIT = 0x15, 0x35, 0x45
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
AUDIT_ARCH = (0xC000003E, 0xC00000B7)
X32 = 0x40000000

ALLOW, KILL = 0x7FFF0000, 0x80000000
REFUSE = 0x00050000 | errno.EPERM
UNKNOWN = 0x00050000 | errno.ENOSYS
PRETEND = 0x00050000
"""It is not done, and nobody is told: who copies a file also sets its mode, and would fail."""

NEW_NAMESPACES = 0x7E020080
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
NETLINK, NETLINK_ROUTE = 16, 0  # other systems' socket module has no AF_NETLINK
SECCOMP_MODE_FILTER = 2


def restrict(network: bool, level: str = "namespaces") -> None:
    """Filter the calls of this thread and of all that it starts, for good.

    Args:
        network: sockets of the internet are allowed, be it the host's network or one of its own.
        level: what else walls it in: where others' processes or files are in sight, more is
            refused. See `ladder`.

    Raises:
        WallError: no filter for this machine, or Linux refused it.
    """
    program = COMPILED[linux.architecture(), network, level]
    code = ctypes.create_string_buffer(program)
    head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    linux.prctl("seccomp", linux.PR_SET_SECCOMP, SECCOMP_MODE_FILTER, head)


def filter_program(
    architecture: int, network: bool, level: str = "namespaces"
) -> list[Instruction]:
    """The filter for one architecture, by its place in `linux.ARCHITECTURES`."""
    program = [
        *[load(ARCHITECTURE), (EQUAL, 1, 0, AUDIT_ARCH[architecture]), answer(KILL)],
        load(NUMBER),
        *when(AT_LEAST, X32, REFUSE),
        *when(AT_LEAST, syscalls.LAST_KNOWN + 1, UNKNOWN),
        *when(EQUAL, syscalls.CLONE3, UNKNOWN),  # its flags are out of sight; clone does as well
    ]
    program += _each(syscalls.DENIED, architecture, REFUSE)
    if level != "namespaces":
        for name, (of_others, which) in syscalls.OF_OTHERS.items():
            otherwise = REFUSE if name == "prlimit64" else PRETEND
            program += case(of_others[architecture], _of_oneself(which, otherwise))
    if level == "landlock":
        program += _each(syscalls.UNGOVERNED, architecture, PRETEND)
        program += when(EQUAL, syscalls.WATCH_FILES[architecture], REFUSE)
    program += case(syscalls.CLONE[architecture], _no_namespaces())
    program += case(syscalls.IOCTL[architecture], _no_typing())
    sockets = _sockets(network)
    program += case(syscalls.SOCKET[architecture], sockets)
    program += case(syscalls.SOCKETPAIR[architecture], sockets)
    return [*program, answer(ALLOW)]


def _each(
    calls: dict[str, tuple[int | None, int | None]], architecture: int, value: int
) -> list[Instruction]:
    """The same answer to each of these calls that the architecture has."""
    numbers = [of[architecture] for of in calls.values()]
    return [step for n in numbers if n is not None for step in when(EQUAL, n, value)]


def _no_namespaces() -> list[Instruction]:
    return [load(argument(0)), *when(ANY_BIT, NEW_NAMESPACES, REFUSE), answer(ALLOW)]


def _of_oneself(which: int, otherwise: int) -> list[Instruction]:
    return [load(argument(which)), *when(EQUAL, 0, ALLOW), answer(otherwise)]


def _no_typing() -> list[Instruction]:
    """No input put into a terminal, which its owner's shell would run."""
    typing = [*when(EQUAL, TIOCSTI, REFUSE), *when(EQUAL, TIOCLINUX, REFUSE)]
    return [load(argument(1)), *typing, answer(ALLOW)]


def _sockets(network: bool) -> list[Instruction]:
    """Unix sockets; with a network those of the internet, and netlink to list its interfaces.

    All other families are refused: some lead to the host from any namespace (vsock).
    """
    families = [socket.AF_UNIX, *([socket.AF_INET, socket.AF_INET6] if network else [])]
    body = [load(argument(0))]
    for family in families:
        body += when(EQUAL, family, ALLOW)
    if network:
        route = [load(argument(2)), *when(EQUAL, NETLINK_ROUTE, ALLOW), answer(REFUSE)]
        body += [(EQUAL, 0, len(route), NETLINK), *route]
    return [*body, answer(REFUSE)]


def case(number: int, body: list[Instruction]) -> list[Instruction]:
    """What to do for one system call; `body` answers on every way through it."""
    return [(EQUAL, 0, len(body), number), *body]


def when(test: int, value: int, then: int) -> list[Instruction]:
    """An answer, if what was loaded last passes a test."""
    return [(test, 0, 1, value), answer(then)]


def answer(value: int) -> Instruction:
    """End the filter."""
    return (RETURN, 0, 0, value)


def load(offset: int) -> Instruction:
    """Take 32 bits of what the filter is given."""
    return (LOAD, 0, 0, offset)


def argument(index: int) -> int:
    """Where the low half of an argument lies. Both architectures are little-endian."""
    return ARGUMENTS + 8 * index


def _compiled(architecture: int, network: bool, level: str) -> bytes:
    program = filter_program(architecture, network, level)
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)


COMPILED = {
    (architecture, network, level): _compiled(architecture, network, level)
    for architecture in range(len(linux.ARCHITECTURES))
    for network in (False, True)
    for level in ("namespaces", "bubblewrap", "landlock")
}
"""The filters as Linux takes them, made before any fork, since a kernel's start waits for them."""
