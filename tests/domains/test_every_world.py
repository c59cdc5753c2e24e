"""The contract, for every world in the box that is installed here."""

from __future__ import annotations

import pytest

from replplan import check_domain
from replplan.plugins import domain_names, make_domain

ALWAYS = {
    "it has a description", "the default split is one", "splits are disjoint", "tasks repeat",
    "tasks are found by id", "the domain can be pickled", "scores are from 0 to 1",
    "odd answers raise nothing", "the baseline plays", "the baseline repeats",
}  # fmt: skip
WORLD = {
    "resets repeat", "worlds repeat", "limits hold", "gold plans score 1", "worlds close",
    "bad actions raise nothing", "rewards are from 0 to 1", "an ended world takes no harm",
    "observations are no longer than is stated", "info is JSON",
}  # fmt: skip
COPIES = {"worlds can be copied", "worlds can be pickled"}
NOTHING_TO_MEASURE = {"notebook"}
SLOW = {
    "babyai": {},
    "scienceworld": {"types": "find-non-living-thing", "moves": "30"},
    "textworld": {"game": "coin-2"},
}
"""Their games are made, or begun, in seconds: of these one in each split."""


@pytest.mark.parametrize("name", [n for n in domain_names() if n not in NOTHING_TO_MEASURE])
def test_a_world_in_the_box_keeps_the_contract(name):
    domain = make_domain(name, SLOW.get(name, {}))
    for need in domain.needs:
        if not need.is_here:
            pytest.skip(f"{need.what} is not installed: {need.remedy}")
    expected = ALWAYS | (WORLD if domain.has_world else {"gold answers score 1"})
    expected |= COPIES if domain.copies else set()
    assert set(check_domain(domain, tasks=1 if name in SLOW else 2)) >= expected
