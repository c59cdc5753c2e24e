"""ALFWorld as an environment: its limit, its end, its copies, and whatever is thrown at it."""

import copy
import pickle
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kitchen import begun, candidates, do, kitchen

from replplan_domains.alfworld import ALFWorld

DOMAIN = ALFWorld()
NOTHING = "Nothing happens."


def test_a_game_is_cut_off_at_its_last_action():
    env = kitchen()
    for _ in range(49):
        assert not env.step("nonsense").truncated
    last = env.step("look")
    assert (last.truncated, last.terminated, last.reward) == (True, False, 0)


def test_a_game_won_with_its_last_action_is_won():
    env = kitchen(actions=4)
    do(env, "go to countertop 1", "take apple 3 from countertop 1", "go to sidetable 1")
    last = env.step("move apple 3 to sidetable 1")
    assert (last.truncated, last.terminated, last.reward) == (False, True, 1)


@pytest.mark.parametrize("plan", [["go to fridge 1", "look"], ["nonsense", "help"]])
def test_after_the_end_nothing_changes(plan):
    env = kitchen(actions=2)
    last = [env.step(action) for action in plan][-1]
    assert last.truncated
    assert env.step("go to countertop 1") == env.step("help") == last
    assert env.reset().startswith("-= Welcome")
    assert env.step("go to countertop 1").observation.startswith("You arrive at countertop 1.")


@pytest.mark.parametrize("action", [None, 3, b"look", ["look"], {"look": 1}, 1.5, object()])
def test_what_is_no_text_is_refused(action):
    assert kitchen().step(action).observation == NOTHING


@pytest.mark.parametrize(
    "action",
    ["x" * 10_000, "put in " * 2_000, "go to " * 2_000, "look\x00", "\u200b", "\U0001f34e 1",
     "take a\nfrom b", "\ud800", "{}", "{0.state}", "%s", "go to {}"],
)  # fmt: skip
def test_odd_text_is_refused(action):
    assert kitchen().step(action).observation == NOTHING


def test_the_older_word_for_move_is_understood():
    for words in ("in/on", "in", "on"):
        env = kitchen()
        do(env, "go to countertop 1", "take mug 1 from countertop 1")
        assert do(env, f"put mug 1 {words} countertop 1") == (
            "You move the mug 1 to the countertop 1."
        )
        assert not [c for c in env.step("look").info["admissible"] if c.startswith("put")]


def test_strict_refuses_the_older_word():
    env = kitchen(strict=True)
    do(env, "go to countertop 1", "take mug 1 from countertop 1")
    assert do(env, "put mug 1 in/on countertop 1") == NOTHING


def test_strict_and_actions_are_the_domains_to_choose():
    task = DOMAIN.tasks("dev")[0]
    target = begun(task).game.walkthrough
    env = ALFWorld(strict=True, actions=len(target)).open(task)
    *before, last = target
    assert all(not env.step(action).terminated for action in before)
    assert env.step(last.replace("move", "put").replace(" to ", " in/on ")).truncated


WORDS = ["go", "to", "take", "from", "move", "put", "in/on", "open", "close", "use", "heat",
         "with", "apple", "fridge", "drawer", "1", "2", "3", "countertop", "", "  "]  # fmt: skip


@settings(max_examples=1000)
@given(st.one_of(st.text(), st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)))
def test_no_text_raises(action):
    transition = kitchen().step(action)
    assert transition.observation
    assert (transition.reward, transition.info["won"]) == (0, False)


def drive(env, rng, steps):
    """Random play, mostly of possible commands; everything that came of it."""
    seen = []
    options = ["look"]
    for _ in range(steps):
        action = rng.choice(options) if rng.random() < 0.8 else rng.choice(options)[:-1]
        transition = env.step(action)
        options = transition.info["admissible"]
        seen.append(transition)
    return seen


@pytest.mark.parametrize("number", range(6))
def test_resets_repeat(number):
    env = DOMAIN.open(DOMAIN.tasks("dev")[number])
    first = env.reset(), drive(env, random.Random(number), 50)
    assert (env.reset(), drive(env, random.Random(number), 50)) == first


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
def test_a_copy_goes_on_by_itself(copied):
    env = DOMAIN.open(DOMAIN.tasks("dev")[3])
    env.reset()
    drive(env, random.Random(1), 20)
    twin, other = copied(env), copied(env)
    drive(other, random.Random(2), 20)  # is not felt by the two
    assert drive(twin, random.Random(3), 40) == drive(env, random.Random(3), 40)


@pytest.mark.parametrize("number", range(6, 12))
def test_admissible_is_what_is_not_refused(number):
    """Of all commands that name things of the game, those that are answered are the admissible."""
    play, rng = begun(DOMAIN.tasks("dev")[number]), random.Random(number)
    for _ in range(4):
        for _ in range(5):
            play, _ = play.perform(rng.choice([c for c in play.admissible if c != "help"]))
        answered = [c for c in candidates(play.game) if play.perform(c)[1] != NOTHING]
        assert sorted(answered) == play.admissible
        refused, answer = play.perform("take nothing 1 from nothing 2")
        assert (refused, answer) == (play, NOTHING)


def test_admissible_comes_with_every_step():
    env = kitchen()
    assert env.step("go to countertop 1").info["admissible"] == [
        "examine countertop 1", "examine drawer 2", "go to drawer 1", "go to fridge 1",
        "go to microwave 1", "go to sidetable 1", "go to sinkbasin 1", "help", "inventory",
        "look", "open drawer 2", "take apple 3 from countertop 1", "take mug 1 from countertop 1",
    ]  # fmt: skip
