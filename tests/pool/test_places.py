"""Where demonstrations lie, and in which order they count."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import platformdirs
import pytest
from notebooks import opening

from replplan.errors import ConfigError
from replplan.pool.places import (
    Place,
    all_places,
    domain_pool,
    places,
    project_place,
    repl_folder,
    user_place,
)
from replplan_domains.alfworld import ALFWorld
from replplan_domains.notebook import Notebook


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """The user's folder; the working folder is another, empty one."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name: tmp_path / "data" / name)
    return tmp_path / "data" / "replplan" / "demos"


def test_the_project_goes_before_the_user_and_the_domain_comes_last(data):
    domain = ALFWorld()
    assert places(domain) == (
        Place("project", Path.cwd() / "demos"),
        Place("user", data / "alfworld", "alfworld"),
        Place("domain", domain.demos, "alfworld"),
    )
    assert [p.owner for p in places(Notebook(goal="g"))] == ["project", "user"]


def test_a_domains_pool_looks_in_all_of_them_and_for_its_own_alone(data):
    domain = ALFWorld()
    pool = domain_pool(domain)
    assert pool.folders == tuple(p.folder for p in places(domain))
    for place, said in zip(places(domain), ("mine", "yours"), strict=False):
        opening(place.folder, "odd", "1", said, domain="alfworld")
    opening(project_place().folder, "odd", "2", "another's", domain="webshop")
    assert [d.opening for d in pool.all("odd")] == ["mine", "yours"]


def test_every_place_is_the_projects_the_users_or_a_domains(data):
    for name in ("webshop", "old"):
        (data / name).mkdir(parents=True)
    (data / "a file").write_text("")
    every = list(all_places())
    assert every[:3] == [
        project_place(),
        Place("user", data / "old", "old"),
        Place("user", data / "webshop", "webshop"),
    ]
    assert Place("domain", ALFWorld().demos, "alfworld") in every
    assert {p.owner for p in every[3:]} == {"domain"}
    assert list(all_places("old")) == every[:2]
    assert [(p.owner, p.domain) for p in all_places("webshop")] == [
        ("project", None),
        ("user", "webshop"),
        ("domain", "webshop"),
    ]


@pytest.mark.parametrize("name", ["", "..", "a/b", "/etc", ".hidden"])
def test_what_is_no_name_reaches_no_folder(name):
    with pytest.raises(ConfigError, match=rf"^{name!r} is no name of a domain$"):
        user_place(name)
    with pytest.raises(ConfigError, match=f"^{name!r} is no name of a REPL: a REPL's name is a "):
        repl_folder(project_place(), name)


def test_a_repls_folder_has_its_name():
    place = replace(project_place(), folder=Path("/somewhere"))
    assert repl_folder(place, "find_mug") == Path("/somewhere/find_mug")
