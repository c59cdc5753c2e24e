# ruff: noqa: D103  # each function's name and its line in the table say it
"""Other processes: their sight, their memory, their environment, their powers."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from pathlib import Path

from replplan_kernels.isolation import landlock
from replplan_kernels.isolation.attempts import Attempt, Seen, landlock_before
from replplan_kernels.isolation.attempts.system import clone_flags, reaches

SIGNALS = {"landlock": "Landlock governs signals from Linux 6.12 (its ABI 6) on"}
BEFORE_SCOPES = landlock_before(landlock.SCOPES_ABI)
PTRACE_SEIZE, PTRACE_DETACH = 0x4206, 17


def read_environ(seen: Seen) -> object:
    return seen["canary"].encode() in Path(f"/proc/{seen['pid']}/environ").read_bytes()


def read_any_environ(seen: Seen) -> object:
    wanted = seen["canary"].encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (process / "environ").read_bytes():
                return process.name
        except OSError:
            continue
    return None


def read_memory(seen: Seen) -> object:
    with Path(f"/proc/{seen['pid']}/mem").open("rb", 0) as memory:
        memory.seek(seen["address"])
        return memory.read(len(seen["canary"])) == seen["canary"].encode()


def read_memory_by_call(seen: Seen) -> object:
    here = ctypes.create_string_buffer(64)
    local = (ctypes.c_size_t * 2)(ctypes.addressof(here), 64)
    remote = (ctypes.c_size_t * 2)(seen["address"], 64)
    numbers, ends = (310, 270), (ctypes.addressof(local), 1, ctypes.addressof(remote), 1, 0)
    return reaches(numbers, seen["pid"], *ends)


def trace_host(seen: Seen) -> object:
    numbers = (101, 117)
    reached = reaches(numbers, PTRACE_SEIZE, seen["pid"], 0, 0)
    ctypes.CDLL(None).ptrace(PTRACE_DETACH, seen["pid"], 0, 0)
    return reached


def take_descriptor(seen: Seen) -> object:
    host = os.pidfd_open(seen["pid"])
    return reaches((438, 438), host, 0, 0)


def signal_host(seen: Seen) -> object:
    os.kill(seen["pid"], 0)
    return True


def signal_everyone(seen: Seen) -> object:
    """Signal 0 to all that may be signalled: more than this process's own family?"""
    own, reached = {os.getpid(), os.getppid(), 1}, []
    for pid in range(2, 32768):
        try:
            os.kill(pid, 0)
        except OSError:
            continue
        if pid not in own:
            reached.append(pid)
    return reached or None


def signal_thread(seen: Seen) -> object:
    if ctypes.CDLL(None, use_errno=True).tgkill(seen["pid"], seen["pid"], 0):
        raise OSError(ctypes.get_errno(), "tgkill")
    return True


def signal_by_descriptor(seen: Seen) -> object:
    signal.pidfd_send_signal(os.pidfd_open(seen["pid"]), 0)
    return True


def limit_host(seen: Seen) -> object:
    import resource

    before = resource.prlimit(seen["pid"], resource.RLIMIT_CPU)
    resource.prlimit(seen["pid"], resource.RLIMIT_CPU, before)
    return True


def slow_host(seen: Seen) -> object:
    os.setpriority(os.PRIO_PROCESS, seen["pid"], 19)
    return os.getpriority(os.PRIO_PROCESS, seen["pid"]) == 19


def pin_host(seen: Seen) -> object:
    before = os.sched_getaffinity(seen["pid"])
    os.sched_setaffinity(seen["pid"], {min(before)})
    return os.sched_getaffinity(seen["pid"]) != before


def see_where_host_works(seen: Seen) -> object:
    return Path(f"/proc/{seen['pid']}/cwd").readlink()


def see_host(seen: Seen) -> object:
    return seen["marker"].encode() in Path(f"/proc/{seen['pid']}/cmdline").read_bytes()


def stop_init(seen: Seen) -> object:
    """Nobody but the host may end what watches over this kernel."""
    if os.getpid() == 1 or Path("/proc/self/stat").read_text().split()[3] != "0":
        raise OSError("there is none in sight")
    for number in sorted(set(signal.Signals) - {signal.SIGSTOP}):
        os.kill(1, number)
    time.sleep(0.02)  # were it to end, so would this process
    os.kill(1, 0)
    return None


def hold_lifeline(seen: Seen) -> object:
    """Open the pipe at whose end init ends, so that it never does."""
    return os.open("/proc/1/fd/0", os.O_WRONLY)


def become_other_user(seen: Seen) -> object:
    os.setuid(0 if os.getuid() else 65534)
    return True


def regain_powers(seen: Seen) -> object:
    """A program that is started must have no more capabilities than none."""
    status = (
        subprocess.run(
            ["/bin/cat", "/proc/self/status"], capture_output=True, text=True, check=False
        ).stdout
        or Path("/proc/self/status").read_text()
    )
    held = [line for line in status.splitlines() if line.startswith(("CapEff", "CapPrm"))]
    return [line for line in held if int(line.split()[1], 16)] or None


def new_user_namespace(seen: Seen) -> object:
    return reaches((272, 97), 0x10000000)


def new_mount_namespace(seen: Seen) -> object:
    return reaches((272, 97), 0x00020000)


def clone_into_namespace(seen: Seen) -> object:
    return clone_flags(0x10000000)


def join_namespace(seen: Seen) -> object:
    return reaches((308, 268), -1, 0)


ATTEMPTS = (
    Attempt("read the environment of a host's process", read_environ),
    Attempt("find its secret in any environment", read_any_environ),
    Attempt("read its memory through /proc", read_memory),
    Attempt("read its memory by process_vm_readv", read_memory_by_call),
    Attempt("trace it", trace_host),
    Attempt("take one of its open files", take_descriptor),
    Attempt("signal it", signal_host, SIGNALS, BEFORE_SCOPES),
    Attempt("signal anyone", signal_everyone, SIGNALS, BEFORE_SCOPES),
    Attempt("signal its thread", signal_thread, SIGNALS, BEFORE_SCOPES),
    Attempt("signal it by a descriptor", signal_by_descriptor, SIGNALS, BEFORE_SCOPES),
    Attempt("limit it", limit_host),
    Attempt("slow it down", slow_host),
    Attempt("bind it to a processor", pin_host),
    Attempt("see where it works", see_where_host_works),
    Attempt("see it", see_host),
    Attempt("end the init that watches", stop_init),
    Attempt("keep that init from ending", hold_lifeline),
    Attempt("become another user", become_other_user),
    Attempt("regain powers through a new program", regain_powers),
    Attempt("open a user namespace", new_user_namespace),
    Attempt("open a mount namespace", new_mount_namespace),
    Attempt("open a namespace by clone", clone_into_namespace),
    Attempt("join a namespace", join_namespace),
)
