"""What `replplan doctor` is told of kernels."""

from __future__ import annotations

import pytest

from replplan import doctor
from replplan.doctor import Check
from replplan.errors import KernelError
from replplan_kernels import checks
from replplan_kernels.isolation import ladder
from replplan_kernels.isolation.attempts import every_attempt
from replplan_kernels.isolation.proof import CONTROL, Finding


def sums(found):
    return {c.what: c for c in found if not c.within}


def need_fork():
    if reason := checks.can_fork():
        pytest.skip(reason)


@pytest.mark.slow
@pytest.mark.parametrize("level", ladder.LEVELS)
async def test_every_wall_of_a_level_is_tried_and_told(monkeypatch, level):
    need_fork()
    if reason := ladder.why_not(level):
        pytest.skip(reason)
    monkeypatch.setattr(checks, "strongest", lambda: level)
    found = await checks.examine()
    walls = [c for c in found if c.within]
    assert [c.what for c in walls] == [a.what for a in every_attempt()]
    assert all(
        c.ok or c.finding == a.known(level) for c, a in zip(walls, every_attempt(), strict=True)
    )
    assert sums(found)["isolation"].ok
    open_ones = sum(not c.ok for c in walls)
    says = f"{open_ones} of them open" if open_ones else "every one is closed"
    assert says in sums(found)["isolation"].finding


def findings(**changed):
    told = [Finding(CONTROL, True)] + [Finding(a.what, True) for a in every_attempt()]
    told.append(Finding(CONTROL, True))
    for number, finding in changed.values():
        told[number] = finding
    return told


@pytest.mark.parametrize(
    ("number", "finding", "says"),
    [
        (0, Finding(CONTROL, False), "an ordinary computation does not work there"),
        (1, Finding("read", False, "root:x:0:0"), "1 of them open"),
    ],
)
async def test_a_wall_that_does_not_hold_is_a_fault(monkeypatch, number, finding, says):
    need_fork()
    monkeypatch.setattr(checks, "strongest", lambda: "landlock")
    monkeypatch.setattr(checks, "prove", lambda level: findings(it=(number, finding)))
    isolation = sums(await checks.examine())["isolation"]
    assert not isolation.ok
    assert says in isolation.finding


async def test_a_wall_that_is_known_to_be_open_is_told_and_no_fault(monkeypatch):
    need_fork()
    known = Finding("see it", False, "pid 1", known="Landlock hides no processes")
    monkeypatch.setattr(checks, "strongest", lambda: "landlock")
    monkeypatch.setattr(checks, "prove", lambda level: findings(it=(3, known)))
    found = await checks.examine()
    assert sums(found)["isolation"].ok
    assert [c.finding for c in found if not c.ok] == ["Landlock hides no processes"]


async def test_a_module_that_is_not_kept_warm_is_told_in_one_line_and_no_fault(monkeypatch):
    need_fork()

    async def left_out() -> list[str]:
        return ["pandas starts threads when imported"]

    monkeypatch.setattr(checks, "left_out", left_out)
    monkeypatch.setattr(checks, "strongest", lambda: None)
    start = sums(await checks.examine())["start of kernels"]
    assert start.ok
    assert "pandas starts threads when imported: left to the cells" in start.finding
    assert "\n" not in start.finding


async def test_a_warm_process_that_does_not_start_is_told(monkeypatch):
    need_fork()

    async def left_out() -> list[str]:
        raise KernelError("it has ended")

    monkeypatch.setattr(checks, "left_out", left_out)
    monkeypatch.setattr(checks, "strongest", lambda: None)
    start = sums(await checks.examine())["start of kernels"]
    assert not start.ok
    assert "it has ended" in start.finding


async def test_a_machine_without_fork_is_told(monkeypatch):
    monkeypatch.setattr(checks, "can_fork", lambda: "this is a toaster")
    start, isolation = await checks.examine()
    assert "started afresh: this is a toaster" in start.finding
    assert not isolation.ok
    assert "--isolation none" in isolation.remedy


async def test_a_machine_without_walls_is_told(monkeypatch):
    need_fork()
    monkeypatch.setattr(checks, "strongest", lambda: None)
    monkeypatch.setattr(checks, "why_not", lambda level: "the system refuses it")
    isolation = sums(await checks.examine())["isolation"]
    assert "landlock: the system refuses it" in isolation.finding


async def test_what_breaks_in_a_package_is_a_finding(monkeypatch):
    async def broken() -> list[Check]:
        raise LookupError("no such thing")

    monkeypatch.setattr(doctor, "package_checks", lambda: {"other": lambda: broken})
    (found,) = [c for c in await doctor.examine() if c.what == "other"]
    assert (found.ok, found.finding) == (False, "its checks failed: LookupError: no such thing")
