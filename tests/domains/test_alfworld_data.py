"""Official games: those beside the project, and damaged ones."""

import gzip
import json
import pickle

import pytest
from kitchen import begun, kitchen_data

from replplan.errors import ConfigError, DomainError
from replplan_domains.alfworld import ALFWorld

PROBLEM = """
(define (problem p) (:domain alfred)
(:objects
agent1 - agent
Apple - object
        Apple_bar__plus_1_dot_5 - object
        Bed_bar__minus_2 - receptacle
        Desk_bar__comma_ - receptacle
        loc_bar_0 - location
        loc_bar_1 - location
        loc_bar_2 - location
        )
(:init
        (receptacleType Bed_bar__minus_2 BedType)
        (receptacleType Desk_bar__comma_ DeskType)
        (objectType Apple_bar__plus_1_dot_5 AppleType)
        (canContain BedType AppleType)
        (pickupable Apple_bar__plus_1_dot_5)
        (atLocation agent1 loc_bar_0)
        (inReceptacle Apple_bar__plus_1_dot_5 Desk_bar__comma_)
        (receptacleAtLocation Bed_bar__minus_2 loc_bar_1)
        (receptacleAtLocation Desk_bar__comma_ loc_bar_2)
        (objectAtLocation Apple_bar__plus_1_dot_5 loc_bar_2)
)
(:goal (and (exists (?r - receptacle) (exists (?o - object) (and
        (inReceptacle ?o ?r) (objectType ?o AppleType) (receptacleType ?r BedType)))))
))
"""
GAME = {
    "pddl_problem": PROBLEM,
    "grammar": '"rhs": "Your task is to: put a apple in bed."',
    "solvable": True,
    "walkthrough": [
        "go to desk 1",
        "take apple 1 from desk 1",
        "go to bed 1",
        "move apple 1 to bed 1",
    ],
}


def write_slim(folder, *lines, split="valid_seen"):
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    path = folder / f"{split}.jsonl.gz"
    path.write_bytes(gzip.compress(text.encode()))
    return path


def write_tree(folder, name="pick_and_place_simple-Apple-None-Bed-1/trial_1", **changes):
    path = folder / "json_2.1.1" / "valid_unseen" / name / "game.tw-pddl"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(GAME | changes))
    return path


@pytest.mark.parametrize(("split", "count"), [("valid_seen", 140), ("train", 402)])
def test_every_walkthrough_of_the_official_games_wins(data_folder, split, count):
    folder = data_folder / "alfworld"
    if not folder.is_dir():
        pytest.skip(f"no official games: there is no folder {folder}")
    domain = ALFWorld(data=folder, strict=True)
    lost = []
    for task in domain.tasks(split):
        env = domain.open(task)
        opening = env.reset()
        steps = [env.step(action) for action in task.data["walkthrough"]]
        refused = any(s.observation == "Nothing happens." for s in steps)
        if refused or not steps[-1].terminated or task.goal not in opening:
            lost.append(task.id)
    assert not lost
    assert len(domain.tasks(split)) == count


def test_a_slim_file_is_a_split(tmp_path):
    write_slim(tmp_path, kitchen_data(id="a/1"), "", kitchen_data(id="b/1"))
    write_slim(tmp_path, kitchen_data(id="c/1"), split="other")
    domain = ALFWorld(data=str(tmp_path))
    assert domain.splits() == ("other", "valid_seen")
    tasks = domain.tasks("valid_seen")
    assert [t.id for t in tasks] == [t.id for t in tasks[:]] == ["a/1", "b/1"]
    assert tasks[-1] == domain.task("b/1")
    assert domain.task("c/1").split == "other"
    assert domain.open(tasks[0]).reset().endswith("put a apple in sidetable.")
    with pytest.raises(KeyError):
        domain.task("dev-0000-pick")
    with pytest.raises(ConfigError, match=r"no split 'dev' in .*; choose one of other, valid_seen"):
        domain.tasks("dev")


@pytest.mark.parametrize(
    ("splits", "default"),
    [
        (["train", "valid_seen", "valid_unseen"], "valid_seen"),
        (["train", "valid_unseen"], "valid_unseen"),
        (["mine", "train"], "mine"),
    ],
)
def test_the_default_split_is_one_of_the_folder(tmp_path, splits, default):
    for split in splits:
        write_slim(tmp_path, kitchen_data(id=f"{split}/1"), split=split)
    assert pickle.loads(pickle.dumps(ALFWorld(data=tmp_path))).default_split == default


def test_the_domain_travels_without_its_games(tmp_path):
    write_slim(tmp_path, kitchen_data())
    domain = ALFWorld(data=tmp_path)
    task = domain.tasks("valid_seen")[0]
    travelled = pickle.dumps(domain)
    assert len(travelled) < 1000
    assert pickle.loads(travelled).tasks("valid_seen")[0] == task


@pytest.mark.parametrize("inner", ["", "json_2.1.1", "json_2.1.1/valid_unseen"])
def test_a_tree_of_official_files_is_a_split(tmp_path, inner):
    write_tree(tmp_path, "z-1/trial_2")
    write_tree(tmp_path, "a-1/trial_1")
    write_tree(tmp_path, "pick_and_place_with_movable_recep-1/trial_1")
    write_tree(tmp_path, "a-AppleSliced-1/trial_1")
    write_tree(tmp_path, "b-1/trial_1", solvable=False)
    domain = ALFWorld(data=tmp_path / inner)
    assert domain.splits() == ("valid_unseen",)
    tasks = domain.tasks("valid_unseen")
    assert [t.id for t in tasks] == ["a-1/trial_1", "z-1/trial_2"]
    task = domain.task("z-1/trial_2")
    assert task.goal == "put a apple in bed"
    assert begun(task).game.kind.short == "pick"
    env = domain.open(task)
    assert env.reset().startswith("-= Welcome")
    assert [env.step(action) for action in task.data["walkthrough"]][-1].terminated


def test_the_ids_of_an_official_file_are_alfreds_own(tmp_path):
    write_tree(tmp_path, "a-1/trial_1")
    task = ALFWorld(data=tmp_path).tasks("valid_unseen")[0]
    assert task.data["objects"] == ["Apple|+1.5"]
    assert task.data["receptacles"] == ["Bed|-2", "Desk|,"]
    game = begun(task).game
    assert (game.thing, game.target, game.receptacles) == ("apple", "bed", ("bed 1", "desk 1"))


def test_a_missing_folder_is_said_at_once(tmp_path):
    with pytest.raises(ConfigError, match="nowhere does not exist: name a folder of games"):
        ALFWorld(data=tmp_path / "nowhere")


def test_a_file_is_no_folder(tmp_path):
    with pytest.raises(ConfigError, match="is no folder"):
        ALFWorld(data=write_slim(tmp_path, kitchen_data()))


def test_an_empty_folder_is_said_at_once(tmp_path):
    (tmp_path / "sub").mkdir()
    with pytest.raises(ConfigError, match=r"no ALFWorld games in .*game\.tw-pddl"):
        ALFWorld(data=tmp_path)


def without(field):
    data = kitchen_data()
    del data[field]
    return data


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{not json", "Expecting property name"),
        ("[1, 2]", "no game with an 'id'"),
        (without("id"), "no game with an 'id'"),
        (without("walkthrough"), "'walkthrough' is wrong: field required"),
        (kitchen_data(init=["flies o0"]), "unknown predicate 'flies'"),
        (kitchen_data(objects=[]), "'o0' is none of the game's things"),
        (kitchen_data(type="dance"), "unknown type of task 'dance'"),
        (kitchen_data(id="good"), "the id 'good' is not new"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, line, complaint):
    path = write_slim(tmp_path, kitchen_data(id="good"), line)
    domain = ALFWorld(data=tmp_path)
    with pytest.raises(DomainError) as raised:
        list(domain.tasks("valid_seen"))
    assert f"{path}, line 2: " in str(raised.value)
    assert complaint in str(raised.value)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-20],
        lambda data: data[1:],
        lambda data: data[:200] + b"\0\0\0\0" + data[204:],
        lambda data: b"no archive",
        lambda data: gzip.compress(b"\xff\xfe"),
    ],
)
def test_a_damaged_archive_is_named(tmp_path, damage):
    path = write_slim(tmp_path, *[kitchen_data(id=str(i)) for i in range(50)])
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DomainError, match=f"{path.name}: damaged"):
        len(ALFWorld(data=tmp_path).tasks("valid_seen"))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"grammar": "none"}, "no :objects, :init and :goal"),
        ({"grammar": 3}, "'grammar' is missing"),
        ({"pddl_problem": "(:objects)"}, "no :objects, :init and :goal"),
        ({"pddl_problem": PROBLEM.replace("(canContain", "(mayContain")}, "'mayContain'"),
        (
            {"pddl_problem": PROBLEM.replace("?o AppleType", "?o AppleType) (isSliced ?o")},
            "no kind",
        ),
        ({"walkthrough": 3}, "'walkthrough' is wrong"),
    ],
)
def test_a_damaged_official_file_is_named(tmp_path, changes, complaint):
    path = write_tree(tmp_path, **changes)
    tasks = ALFWorld(data=tmp_path).tasks("valid_unseen")
    with pytest.raises(DomainError) as raised:
        tasks[0]
    assert str(path) in str(raised.value)
    assert complaint in str(raised.value)


def test_an_official_file_that_is_no_json_is_named(tmp_path):
    path = write_tree(tmp_path)
    path.write_text("(define")
    with pytest.raises(DomainError, match=path.name):
        list(ALFWorld(data=tmp_path).tasks("valid_unseen"))
