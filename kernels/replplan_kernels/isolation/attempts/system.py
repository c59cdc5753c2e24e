# ruff: noqa: D103  # each function's name and its line in the table say it
"""Calls of the Linux kernel that must not get through to it, whatever they would then say."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import platform
import signal
import termios

from replplan_kernels.isolation.attempts import Attempt, Seen

LIBC = ctypes.CDLL(None, use_errno=True)
REFUSED = (errno.EPERM, errno.EACCES, errno.ENOSYS)


def reaches(numbers: tuple[int, int], *arguments: int) -> bool:
    """Whether a call, by its number on x86_64 and aarch64, is let through. Failing is not enough.

    Raises:
        OSError: it is refused.
    """
    number = numbers[0 if platform.machine() == "x86_64" else 1]
    if LIBC.syscall(number, *map(ctypes.c_long, arguments)) < 0:
        answer = ctypes.get_errno()
        if answer in REFUSED:
            raise OSError(answer, os.strerror(answer))
    return True


def clone_flags(flags: int) -> bool:
    """Whether a process may be cloned with some flags."""
    number = 56 if platform.machine() == "x86_64" else 220
    child = LIBC.syscall(number, ctypes.c_long(flags | signal.SIGCHLD), *[ctypes.c_long(0)] * 4)
    if child == 0:
        os._exit(0)
    if child < 0:
        raise OSError(ctypes.get_errno(), "clone")
    os.waitpid(child, 0)
    return True


def mount(seen: Seen) -> object:
    return reaches((165, 40), 0, 0, 0, 0, 0)


def mount_newly(seen: Seen) -> object:
    return reaches((428, 428), -1, 0, 0)


def unmount(seen: Seen) -> object:
    return reaches((166, 39), 0, 0)


def pivot(seen: Seen) -> object:
    return reaches((155, 41), 0, 0)


def chroot(seen: Seen) -> object:
    return reaches((161, 51), 0)


def open_by_handle(seen: Seen) -> object:
    return reaches((304, 265), -1, 0, 0)


def use_keyring(seen: Seen) -> object:
    return reaches((250, 219), 0, -3, 0)  # the id of the session's


def add_key(seen: Seen) -> object:
    return reaches((248, 217), 0, 0, 0, 0, -3)


def load_bpf(seen: Seen) -> object:
    return reaches((321, 280), 0, 0, 0)


def watch_cpu(seen: Seen) -> object:
    return reaches((298, 241), 0, 0, -1, -1, 0)


def use_io_uring(seen: Seen) -> object:
    return reaches((425, 425), 0, 0)


def handle_page_faults(seen: Seen) -> object:
    return reaches((323, 282), -1)


def load_module(seen: Seen) -> object:
    return reaches((313, 273), -1, 0, 0)


def load_kernel(seen: Seen) -> object:
    return reaches((246, 104), -1, 0, 0, 0)


def reboot(seen: Seen) -> object:
    return reaches((169, 142), 0, 0, 0, 0)  # without its magic numbers


def set_clock(seen: Seen) -> object:
    return reaches((227, 112), -1, 0)


def share_memory_by_number(seen: Seen) -> object:
    return reaches((30, 196), -1, 0, 0)


def queue_messages_by_name(seen: Seen) -> object:
    return reaches((240, 180), 0, 0, 0, 0)


def hide_memory(seen: Seen) -> object:
    return reaches((319, 279), 0, 0)


def change_personality(seen: Seen) -> object:
    return reaches((135, 92), 0xFFFFFFFF)


def call_of_the_future(seen: Seen) -> object:
    return reaches((467, 467), -1, 0, 0, 0, 0)


def call_by_x32(seen: Seen) -> object:
    return reaches((0x40000000 + 39, 0x40000000 + 172), 0)  # getpid


def call_as_32_bits(seen: Seen) -> object:
    """By the gate of 32-bit programs, whose numbers are others; who tries it is killed."""
    if platform.machine() != "x86_64":
        raise OSError("there is no such gate")
    child = os.fork()
    if child == 0:
        with mmap.mmap(-1, mmap.PAGESIZE, prot=7) as code:
            code.write(b"\xb8\x14\0\0\0\xcd\x80\xc3")  # mov eax, getpid; int 0x80; ret
            ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
            os._exit(0)
    return os.WIFEXITED(os.waitpid(child, 0)[1])


def type_into_terminal(seen: Seen) -> object:
    """Refused outright, and not merely because this is no terminal."""
    reader, writer = os.pipe()
    try:
        fcntl.ioctl(reader, termios.TIOCSTI, b"x")
    except OSError as e:
        if e.errno == errno.ENOTTY:
            return True
        raise
    finally:
        os.close(reader)
        os.close(writer)
    return True


ATTEMPTS = (
    Attempt("mount", mount),
    Attempt("mount by the newer calls", mount_newly),
    Attempt("unmount", unmount),
    Attempt("change the root by pivot_root", pivot),
    Attempt("change the root by chroot", chroot),
    Attempt("open a file by its handle", open_by_handle),
    Attempt("use the keyrings", use_keyring),
    Attempt("add a key", add_key),
    Attempt("load a BPF program", load_bpf),
    Attempt("watch the processor", watch_cpu),
    Attempt("use io_uring", use_io_uring),
    Attempt("handle page faults", handle_page_faults),
    Attempt("load a module", load_module),
    Attempt("load another Linux", load_kernel),
    Attempt("reboot", reboot),
    Attempt("set the clock", set_clock),
    Attempt("share memory by number", share_memory_by_number),
    Attempt("queue messages by name", queue_messages_by_name),
    Attempt("hide memory from its limit", hide_memory),
    Attempt("change how programs run", change_personality),
    Attempt("a call that is newer than the filter", call_of_the_future),
    Attempt("call Linux by the numbers of x32", call_by_x32),
    Attempt("call Linux as a 32-bit program", call_as_32_bits),
    Attempt("type into a terminal", type_into_terminal),
)
