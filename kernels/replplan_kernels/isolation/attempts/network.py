# ruff: noqa: D103  # each function's name and its line in the table say it
"""Sockets that lead out. The host's own listeners say whether anything arrived."""

from __future__ import annotations

import errno
import socket

from replplan_kernels.isolation import landlock
from replplan_kernels.isolation.attempts import Attempt, Seen, landlock_before

BY_PATH = {"landlock": "Landlock governs Unix sockets by path only from Linux 7.1 (its ABI 9) on"}
BEFORE_PATHS = landlock_before(landlock.UNIX_PATH_ABI)
ABSTRACT = {"landlock": "Landlock governs abstract Unix sockets from Linux 6.12 (its ABI 6) on"}
BEFORE_SCOPES = landlock_before(landlock.SCOPES_ABI)
NETLINK_AUDIT = 9
NOWHERE = ("192.0.2.1", 9)  # kept for documentation: nobody has it
AWAY = (errno.ENETUNREACH, errno.EPERM, errno.EACCES, errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)


def connect_tcp(seen: Seen) -> object:
    with socket.create_connection(("127.0.0.1", seen["tcp"]), 3) as s:
        return s.send(b"x")


def connect_tcp6(seen: Seen) -> object:
    with socket.create_connection(("::ffff:127.0.0.1", seen["tcp"]), 3) as s:
        return s.send(b"x")


def listen_tcp(seen: Seen) -> object:
    """A port of the host's loopback that its other programs would find taken."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", seen["tcp"]))
    raise OSError("the port was free: it is another network's")


def send_udp(seen: Seen) -> object:
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.sendto(b"x", ("127.0.0.1", seen["udp"]))
    return None  # the host knows whether it came


def connect_abstract(seen: Seen) -> object:
    with socket.socket(socket.AF_UNIX) as s:
        s.connect("\0" + seen["abstract"])
    return True


def connect_path(seen: Seen) -> object:
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(seen["unix"])
    return True


def connect_other_kernel(seen: Seen) -> object:
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(seen["other"] + "/kernel-1")
    return True


def send_packets(seen: Seen) -> object:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    return True


def send_raw(seen: Seen) -> object:
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
    return True


def reach_hypervisor(seen: Seen) -> object:
    return _opens(socket.AF_VSOCK, socket.SOCK_STREAM, 0)


def use_kernel_crypto(seen: Seen) -> object:
    return _opens(socket.AF_ALG, socket.SOCK_SEQPACKET, 0)


def talk_to_audit(seen: Seen) -> object:
    return _opens(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT)


def leave_by_tcp(seen: Seen) -> object:
    with socket.socket() as s:
        s.setblocking(False)
        answer = s.connect_ex(NOWHERE)
    if answer in AWAY:
        raise OSError(answer, "nowhere to go")
    return errno.errorcode.get(answer, answer)


def leave_by_udp(seen: Seen) -> object:
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.connect(NOWHERE)  # asks for a way there, sends nothing
        return s.getsockname()


def see_interfaces(seen: Seen) -> object:
    return [name for _, name in socket.if_nameindex() if name != "lo"] or None


def _opens(family: int, kind: int, protocol: int) -> bool:
    """Whether the filter lets a family through, be it known to this Linux or not."""
    try:
        socket.socket(family, kind, protocol).close()
    except OSError as e:
        if e.errno not in (errno.EPERM, errno.EACCES):
            return True
        raise
    return True


ATTEMPTS = (
    Attempt("reach a TCP listener of the host", connect_tcp),
    Attempt("the same by IPv6", connect_tcp6),
    Attempt("listen on a port of the host", listen_tcp),
    Attempt("send UDP to the host", send_udp),
    Attempt("reach an abstract Unix socket of the host", connect_abstract, ABSTRACT, BEFORE_SCOPES),
    Attempt("reach a Unix socket of the host by its path", connect_path, BY_PATH, BEFORE_PATHS),
    Attempt("reach another kernel's socket", connect_other_kernel, BY_PATH, BEFORE_PATHS),
    Attempt("send packets of its own making", send_packets),
    Attempt("send raw IP", send_raw),
    Attempt("reach the hypervisor", reach_hypervisor),
    Attempt("use the Linux kernel's cryptography", use_kernel_crypto),
    Attempt("talk to the audit of Linux", talk_to_audit),
    Attempt("leave for the internet by TCP", leave_by_tcp),
    Attempt("leave for the internet by UDP", leave_by_udp),
    Attempt("see the host's network interfaces", see_interfaces),
)
