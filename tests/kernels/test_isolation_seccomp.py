"""The filter of system calls, run by an interpreter of its language, for both architectures."""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replplan_kernels.isolation import ladder, linux, seccomp, syscalls

REFUSED, UNKNOWN, PRETENDED = errno.EPERM, errno.ENOSYS, -2
ARCHITECTURES = range(len(linux.ARCHITECTURES))
HARMLESS = {"read": (0, 63), "write": (1, 64), "openat": (257, 56), "execve": (59, 221)}


def run(program: list[seccomp.Instruction], arch: int, number: int, args: list[int]) -> int:
    """What the filter answers: 0 to let it through, an errno, -1 to kill, or -2 to pretend."""
    six = (args + [0] * 6)[:6]
    data = struct.pack("=IIQ6Q", number, arch, 0, *(a % (1 << 64) for a in six))
    accumulator, at = 0, 0
    while True:
        code, yes, no, k = program[at]
        at += 1
        if code == seccomp.RETURN:
            break
        if code == seccomp.LOAD:
            accumulator = struct.unpack_from("=I", data, k)[0]
        else:
            passes = {
                seccomp.EQUAL: accumulator == k,
                seccomp.AT_LEAST: accumulator >= k,
                seccomp.ANY_BIT: bool(accumulator & k),
            }[code]
            at += yes if passes else no
    if k == seccomp.ALLOW:
        return 0
    if k == seccomp.PRETEND:
        return PRETENDED
    return -1 if k == seccomp.KILL else k & 0xFFFF


def answer(
    architecture: int,
    number: int,
    *args: int,
    network: bool = False,
    level: ladder.Level = "namespaces",
) -> int:
    program = seccomp.filter_program(architecture, network, level)
    return run(program, seccomp.AUDIT_ARCH[architecture], number, list(args))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", sorted(syscalls.DENIED))
def test_denied(architecture: int, name: str) -> None:
    number = syscalls.DENIED[name][architecture]
    if number is not None:
        assert answer(architecture, number) == REFUSED


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("level", ladder.LEVELS)
@pytest.mark.parametrize("name", sorted(syscalls.OF_OTHERS))
def test_where_others_are_in_sight_they_are_left_alone(
    architecture: int, level: ladder.Level, name: str
) -> None:
    numbers, which = syscalls.OF_OTHERS[name]
    of_others = REFUSED if name == "prlimit64" else PRETENDED
    for process in (0, 1, 4711):
        args = [0] * which + [process]
        expected = 0 if level == "namespaces" or process == 0 else of_others
        assert answer(architecture, numbers[architecture], *args, level=level) == expected


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", sorted(syscalls.UNGOVERNED))
def test_what_landlock_does_not_govern_is_not_done(architecture: int, name: str) -> None:
    if (number := syscalls.UNGOVERNED[name][architecture]) is not None:
        assert answer(architecture, number, level="landlock") == PRETENDED
        assert answer(architecture, number) == 0


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", sorted(HARMLESS))
def test_let_through(architecture: int, name: str) -> None:
    assert answer(architecture, HARMLESS[name][architecture]) == 0


@given(st.sampled_from(ARCHITECTURES), st.integers(0, syscalls.LAST_KNOWN), st.integers(0))
def test_nothing_else_is_refused(architecture: int, number: int, argument: int) -> None:
    named = {numbers[architecture] for numbers in syscalls.DENIED.values()}
    with_cases = (syscalls.SOCKET, syscalls.SOCKETPAIR, syscalls.IOCTL, syscalls.CLONE)
    named |= {numbers[architecture] for numbers in with_cases} | {syscalls.CLONE3}
    assert (answer(architecture, number, argument % (1 << 64)) == 0) or number in named


@given(st.sampled_from(ARCHITECTURES), st.integers(syscalls.LAST_KNOWN + 1, (1 << 32) - 1))
def test_what_comes_later_is_unknown(architecture: int, number: int) -> None:
    assert answer(architecture, number) == (REFUSED if number >= seccomp.X32 else UNKNOWN)


@given(st.sampled_from(ARCHITECTURES), st.integers(0, (1 << 32) - 1), st.integers(0, 500))
def test_another_architecture_is_killed(architecture: int, foreign: int, number: int) -> None:
    program = seccomp.filter_program(architecture, network=False)
    expected = foreign == seccomp.AUDIT_ARCH[architecture]
    assert (run(program, foreign, number, []) == -1) is not expected


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("call", [syscalls.SOCKET, syscalls.SOCKETPAIR])
@pytest.mark.parametrize("network", [False, True])
def test_families_of_sockets(architecture: int, call: tuple[int, int], network: bool) -> None:
    inet = {socket.AF_INET, socket.AF_INET6}
    allowed = {socket.AF_UNIX} | (inet if network else set())
    for family in range(50):
        if family != seccomp.NETLINK:
            found = answer(architecture, call[architecture], family, network=network)
            assert (found == 0) is (family in allowed), family
    route, audit = (
        answer(architecture, call[architecture], seccomp.NETLINK, 3, protocol, network=network)
        for protocol in (0, 9)
    )
    assert (route == 0) is network
    assert audit == REFUSED


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@given(flags=st.integers(0, (1 << 64) - 1))
def test_clone_opens_no_namespace(architecture: int, flags: int) -> None:
    opens = bool(flags & seccomp.NEW_NAMESPACES)
    assert (answer(architecture, syscalls.CLONE[architecture], flags) == REFUSED) is opens


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@given(high=st.integers(0, (1 << 32) - 1))
def test_no_input_for_a_terminal(architecture: int, high: int) -> None:
    """Linux looks at the low half alone, so the filter must as well."""
    ioctl = syscalls.IOCTL[architecture]
    for command in (seccomp.TIOCSTI, seccomp.TIOCLINUX):
        assert answer(architecture, ioctl, 0, (high << 32) | command) == REFUSED
    assert answer(architecture, ioctl, 0, 0x5401) == 0


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_numbers_are_those_of_libseccomp(architecture: int) -> None:
    found = ctypes.util.find_library("seccomp")
    if found is None:
        pytest.skip("libseccomp is not installed")
    resolve = ctypes.CDLL(found).seccomp_syscall_resolve_name_arch
    arch = ctypes.c_uint32(seccomp.AUDIT_ARCH[architecture])
    cases = {"socket": syscalls.SOCKET, "socketpair": syscalls.SOCKETPAIR}
    cases |= {"ioctl": syscalls.IOCTL, "clone": syscalls.CLONE}
    cases |= {"pivot_root": linux.PIVOT_ROOT, "capget": linux.CAPGET, "capset": linux.CAPSET}
    cases |= {name: numbers for name, (numbers, _) in syscalls.OF_OTHERS.items()}
    cases |= {"inotify_add_watch": syscalls.WATCH_FILES}
    for name, numbers in (syscalls.DENIED | syscalls.UNGOVERNED | cases).items():
        known = resolve(arch, name.encode())
        if known >= 0:  # below: not of this architecture, or newer than the library
            assert numbers[architecture] == known, name
