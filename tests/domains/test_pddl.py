"""Classical planning: our simulator and search, held to ones that were written another way."""

from __future__ import annotations

import itertools
import sys
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replplan.baseline import play_baseline
from replplan.domain import Task
from replplan.errors import ConfigError, DomainError
from replplan.plugins import make_domain
from replplan_domains.pddl import PDDL, environment, read_grounded, shortest, simulate
from replplan_domains.pddl.environment import plain
from replplan_domains.pddl.reading import written
from replplan_domains.pddl.search import _Relaxed
from replplan_domains.pddl.tasks import text_of, world_text
from replplan_domains.pddl.upstream import PYPERPLAN, shortest_by_pyperplan

DOMAIN = PDDL()
DEV = DOMAIN.tasks("dev")
EASY = [task for task in DEV if task.data["length"] <= 8]


class Towers:
    """Blocks as lists, from the bottom up, and the hand: another way to say what stands where."""

    def __init__(self, facts):
        on = {f[2]: f[1] for f in facts if f[0] == "on"}
        self.towers, self.hand = [[f[1]] for f in facts if f[0] == "ontable"], None
        for tower in self.towers:
            while tower[-1] in on:
                tower.append(on[tower[-1]])

    def do(self, name, *blocks):
        """Whether it could be done."""
        x, y = (*blocks, None)[:2]
        top = next((t for t in self.towers if t[-1] == (y if name == "stack" else x)), None)
        match name:
            case "pickup" if self.hand is None and top and len(top) == 1:
                self.towers.remove(top)
            case "unstack" if self.hand is None and top and top[-2:] == [y, x]:
                top.pop()
            case "stack" if self.hand == x and top:
                top.append(x)
            case "putdown" if self.hand == x:
                self.towers.append([x])
            case _:
                return False
        self.hand = x if name in ("pickup", "unstack") else None
        return True

    @property
    def facts(self):
        facts = {("holding", self.hand)} if self.hand else {("handempty",)}
        for tower in self.towers:
            facts |= {("ontable", tower[0]), ("clear", tower[-1])}
            facts |= {("on", a, b) for b, a in itertools.pairwise(tower)}
        return sorted(written(f) for f in facts)


@given(st.sampled_from(PDDL(world="blocks").tasks("dev")), st.data())
@settings(max_examples=40)
def test_blocks_stand_as_towers_do(task, data):
    text = text_of(task)
    grounded = read_grounded(text)
    towers, plan = Towers(grounded.initial), []
    for _ in range(12):
        name = data.draw(st.sampled_from(sorted(grounded.actions)))
        now = simulate(text, plan)
        assert (plain(name) in now["possible"]) == towers.do(*name)
        plan += [plain(name)] if plain(name) in now["possible"] else []
    assert simulate(text, plan)["facts"] == towers.facts


def breadth_first(grounded):
    """The length of a shortest plan, by looking at everything."""
    seen, queue = {grounded.initial}, deque([(grounded.initial, 0)])
    while queue:
        state, length = queue.popleft()
        if grounded.is_goal(state):
            return length
        fresh = {a.done(state) for a in grounded.possible(state)} - seen
        seen |= fresh
        queue += [(after, length + 1) for after in fresh]
    return None


@pytest.mark.parametrize("task", EASY[:6], ids=lambda task: task.id)
def test_the_search_finds_a_shortest_plan(task):
    grounded = read_grounded(text_of(task))
    length = breadth_first(grounded)
    assert _Relaxed(grounded).estimate(grounded.initial) <= length
    assert len(shortest(grounded)) == length == task.data["length"]


@pytest.mark.skipif(not PYPERPLAN.is_here, reason=f"pyperplan is missing: {PYPERPLAN.remedy}")
def test_pyperplan_finds_none_that_is_shorter(tmp_path):
    for task in DEV[2:8]:
        world, problem = world_text(task.data["world"]), task.data["problem"]
        plan = shortest_by_pyperplan(world, problem)
        assert simulate(f"{world}\n{problem}", plan)["reached"]
        assert len(plan) == task.data["length"]
    write_folder(tmp_path)
    found = make_domain("pddl", {"data": str(tmp_path), "planner": "pyperplan"})
    assert play(found, found.tasks("all")[0], DETOUR).reward == 0.5


@pytest.mark.parametrize("split", DOMAIN.splits())
def test_every_problem_has_a_plan_by_rule_no_shorter_than_the_shortest(split):
    for task in DOMAIN.tasks(split)[:40]:
        played = play_baseline(DOMAIN, task)
        assert played.score.solved
        assert played.score.value == task.data["length"] / played.actions <= 1


def play(domain, task, plan):
    world = domain.open(task)
    world.reset()
    return [world.step(action) for action in plan][-1]


DETOUR = ["(pickup a)", "putdown a", "pickup a", "nonsense", "look", "stack a b"]
PROBLEM = """(define (problem two) (:domain blocks) (:objects a b) ; two blocks
  (:init (ontable a) (ontable b) (clear a) (clear b) (handempty)) (:goal (on a b)))"""


def write_folder(folder, problem=PROBLEM):
    (folder / "domain.pddl").write_text(world_text("blocks"))
    (folder / "two.pddl").write_text(problem)


def test_problems_of_a_folder_are_judged_by_their_shortest_plan(tmp_path):
    write_folder(tmp_path)
    domain = make_domain("pddl", {"data": str(tmp_path)})
    task = domain.task("two")
    assert (domain.splits(), domain.default_split) == (("all",), "all")
    last = play(domain, task, DETOUR)
    assert (last.terminated, last.reward) == (True, 0.5)
    assert domain.score(task, last, None).solved
    assert domain.gold(task) == ("pickup a", "stack a b")
    assert play(PDDL(actions=2), EASY[0], ["look", "look"]).truncated


def test_a_search_that_is_given_up_leaves_every_plan_that_reaches_the_goal_best(
    tmp_path, monkeypatch
):
    write_folder(tmp_path)
    domain = make_domain("pddl", {"data": str(tmp_path)})
    task = domain.task("two")
    grounded = read_grounded(text_of(task))
    assert shortest(grounded, work=len(grounded.actions)) is None
    monkeypatch.setattr(environment, "shortest", lambda problem: shortest(problem, work=0))
    assert play(domain, task, DETOUR).reward == 1


def test_things_that_have_to_differ_do_and_types_stand_above_types():
    world = """(define (domain d) (:requirements :strips :typing :equality)
      (:types small - thing big) (:constants k - small) (:predicates (near ?a ?b))
      (:action meet :parameters (?a - thing ?b - object) :precondition (not (= ?a ?b))
        :effect (near ?a ?b)))"""
    problem = "(define (problem p) (:domain d) (:objects x - big) (:init (near x x))"
    problem += " (:goal (near k x)))"
    assert simulate(f"{world} {problem}", [])["possible"] == ["meet k x"]
    assert simulate(f"{world} {problem}", ["meet k x"])["reached"]


def test_what_is_refused_says_why():
    world = DOMAIN.open(DEV[0])
    world.reset()
    told = [world.step(a).observation for a in ("fly", "stack b1 b2", "(stack b1)", "look")]
    assert "is no action; there are pickup, putdown, stack, unstack, and look" in told[0]
    assert told[1].startswith("Refused: (stack b1 b2) needs (")
    assert "(holding b1)" in told[1]
    assert "it is (stack object object)" in told[2]
    assert "Missing of the goal: (on " in told[3]
    assert DOMAIN.refused(world.step("fly"))
    assert not DOMAIN.refused(world.step("look"))


@pytest.mark.parametrize(
    ("problem", "says"),
    [
        ("(define (problem x)", "ends before its brackets are closed"),
        (")", "closes a bracket that was never opened"),
        ("(define (problem x) (:domain blocks))", "has no :init"),
        (PROBLEM.replace("blocks", "logistics"), "is a problem of logistics, not of blocks"),
        (PROBLEM.replace("(on a b)", "(on a c)"), "has no object c"),
        (PROBLEM.replace("(on a b)", "(near a b)"), "is of no predicate"),
        (PROBLEM.replace("(on a b)", "(or (on a b) (on b a))"), "only STRIPS"),
        ("", "holds 1 definitions"),
    ],
)
def test_a_broken_problem_is_told_of_in_a_sentence(tmp_path, problem, says):
    write_folder(tmp_path, problem)
    domain = PDDL(data=tmp_path)
    with pytest.raises(DomainError, match=rf"^[^\n]*{says}[^\n]*$"):
        domain.open(domain.task("two"))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"world": "bloks"}, "there is no world 'bloks'; choose one of blocks, logistics."),
        ({"actions": "0"}, "a plan needs at least 1 action"),
        ({"planner": "fast"}, "choose own or pyperplan"),
        ({"data": "/nowhere"}, "/nowhere has no domain.pddl"),
        ({"data": "/", "world": "blocks"}, "not both"),
    ],
)
def test_wrong_use_is_told_of_in_a_sentence(options, says):
    with pytest.raises(ConfigError, match=says):
        make_domain("pddl", options)


def test_a_missing_planner_is_told_of_before_anything_is_played(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyperplan", None)
    with pytest.raises(
        ConfigError, match=r'pyperplan is not installed.*pip install "replplan\[pddl'
    ):
        PDDL(planner="pyperplan")


def test_an_unknown_task_is_unknown():
    for name in ("blocks-dev-999", "blocks-dev-01", "tower-dev-1", "logistics-dev-0", ""):
        with pytest.raises(KeyError):
            PDDL(world="blocks").task(name)
    with pytest.raises(ConfigError, match="pddl has no split 'tset'"):
        DOMAIN.tasks("tset")
    damaged = Task(id="x", domain="pddl", split="all", goal="g", data={"text": "", "problem": ""})
    with pytest.raises(DomainError, match="0 definitions"):
        DOMAIN.open(damaged)
