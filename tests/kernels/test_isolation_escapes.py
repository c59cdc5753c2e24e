"""Every known way out of a kernel, tried for real at every level, as root and as another user."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from replplan_kernels.isolation import ladder
from replplan_kernels.isolation.attempts import Attempt, every_attempt
from replplan_kernels.isolation.attempts.world import World, a_world
from replplan_kernels.isolation.proof import Prover, a_prover

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="walls are Linux's")

ATTEMPTS = every_attempt()
OTHER_USER = 12345
USERS = ("this user", "another user")

UNWALLED = {
    *("read_secret", "read_through_symlink", "read_through_hardlink", "read_above_root"),
    *("read_through_proc_root", "read_through_proc_cwd", "list_host_folder"),
    *("read_users", "read_other_kernel", "write_other_kernel", "write_outside"),
    *("truncate_secret", "rename_secret", "read_environ", "read_any_environ", "read_memory"),
    *("read_memory_by_call", "trace_host", "take_descriptor", "signal_host", "signal_everyone"),
    *("see_host", "new_user_namespace", "clone_into_namespace", "connect_tcp", "send_udp"),
    *("connect_abstract", "connect_path", "connect_other_kernel", "talk_to_audit"),
    *("share_memory_by_number", "queue_messages_by_name", "hide_memory", "change_personality"),
    *("use_keyring", "add_key", "type_into_terminal", "take_memory", "map_memory"),
    *("learn_of_file", "change_mode", "change_times", "watch_names", "open_terminal"),
    *("signal_thread", "signal_by_descriptor", "limit_host", "slow_host"),
    *("see_where_host_works",),
    *(
        "write_big_file",
        "fill_folder",
        "fill_sockets",
        "fill_temporary",
        "fill_shared_memory",
        "make_many_files",
    ),
}
"""What gets through where nothing is walled in: attempts that could not succeed prove nothing."""

# Puts the Python that runs these tests where a user without a way to it can read it.
OTHER = r"""
set -e
for prefix in "$1" "$2"; do
    blocked=
    place=$prefix
    while [ "$place" != / ]; do
        place=$(dirname "$place")
        [ "$(stat -c %a "$place" | tail -c 2)" -ge 5 ] || blocked=$place
    done
    [ -n "$blocked" ] || continue
    kept=$(mktemp -d)
    mount --bind "$prefix" "$kept"
    mount -t tmpfs -o mode=755 none "$blocked"
    mkdir -p "$prefix"
    mount --move "$kept" "$prefix"
    rmdir "$kept"
done
user=$3
shift 3
exec setpriv --reuid "$user" --regid "$user" --clear-groups -- "$@"
"""


def other_user() -> list[str]:
    """What to put before a command so that it runs without any privilege."""
    unshare = shutil.which("unshare")
    if os.getuid() != 0:
        pytest.skip("only root can become another user; these tests run as one already")
    if unshare is None or shutil.which("setpriv") is None:
        pytest.skip("unshare and setpriv are not installed")
    prefixes = [os.path.realpath(sys.prefix), os.path.realpath(sys.base_prefix)]
    private = ["-m", "--propagation", "private", "/bin/sh", "-c", OTHER, "sh"]
    return [unshare, *private, *prefixes, str(OTHER_USER)]


def give_away(world: World) -> None:
    for folder in (
        world.walls.folder,
        world.walls.sockets,
        world.seen["outside"],
        world.seen["other"],
    ):
        for path in (Path(folder), *Path(folder).iterdir()):
            os.chown(path, OTHER_USER, OTHER_USER)


@pytest.fixture(scope="module", params=USERS)
def user(request: pytest.FixtureRequest) -> list[str]:
    return other_user() if request.param == "another user" else []


@pytest.fixture(scope="module")
def world(user: list[str]) -> Iterator[World]:
    with a_world(user) as made:
        if user:
            give_away(made)
        yield made


@pytest.fixture(scope="module", params=ladder.LEVELS)
def prover(request: pytest.FixtureRequest, user: list[str], world: World) -> Iterator[Prover]:
    if (reason := ladder.why_not(request.param)) is not None:
        pytest.skip(f"this machine has not got {request.param}: {reason}")
    with ExitStack() as stack:
        made = stack.enter_context(a_prover(world, request.param, user))
        assert made.control().held, made.control()
        yield made
        assert made.control().held, "an ordinary computation failed after the attempts"


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_escape(attempt: Attempt, prover: Prover, user: list[str]) -> None:
    finding = prover.attempt(attempt)
    known_open = bool(attempt.known(prover.level))
    if user and attempt.name == "fork_bomb":
        known_open = False  # that limit is open to root alone
    assert finding.held is not known_open, finding


@pytest.mark.parametrize("name", sorted(UNWALLED))
def test_the_attempt_gets_through_without_walls(name: str, unwalled: Prover) -> None:
    attempt = next(attempt for attempt in ATTEMPTS if attempt.name == name)
    finding = unwalled.attempt(attempt)
    assert not finding.held, finding


@pytest.fixture(scope="module")
def unwalled() -> Iterator[Prover]:
    with a_world() as world, a_prover(world, "none") as made:  # type: ignore[arg-type]
        yield made
