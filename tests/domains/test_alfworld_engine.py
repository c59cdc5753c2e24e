"""What the engine answers, command by command."""

import pytest
from kitchen import do, kitchen

NOTHING = "Nothing happens."


def test_the_first_text_names_receptacles_and_task():
    assert kitchen().reset() == (
        "-= Welcome to TextWorld, ALFRED! =-\n\n"
        "You are in the middle of a room. Looking quickly around you, you see a countertop 1, "
        "a drawer 2, a drawer 1, a fridge 1, a microwave 1, a sidetable 1, and a sinkbasin 1.\n\n"
        "Your task is to: put a apple in sidetable."
    )


def test_look_tells_of_the_middle_of_a_place_and_of_what_was_moved():
    env = kitchen()
    assert do(env, "look") == (
        "You are in the middle of a room. Looking quickly around you, you see nothing."
    )
    assert do(env, "go to countertop 1", "look") == (
        "You are facing the countertop 1, and drawer 2. Next to it, you see nothing."
    )
    do(env, "open drawer 2", "take knife 1 from drawer 2", "move knife 1 to countertop 1")
    assert do(env, "look").endswith("Next to it, you see a knife 1.")


def test_help_lists_the_commands():
    lines = do(kitchen(), "help").splitlines()
    assert lines[0] == "Available commands:"
    assert len(lines) == 14
    assert lines[6] == "  take (object) from (receptacle):  take an object from a receptacle"


def test_inventory_holds_one_thing():
    env = kitchen()
    assert do(env, "inventory") == "You are not carrying anything."
    do(env, "go to countertop 1", "take mug 1 from countertop 1")
    assert do(env, "inventory") == "You are carrying: a mug 1."
    assert do(env, "take apple 3 from countertop 1") == NOTHING


def test_arriving_shows_the_receptacle_or_that_it_is_closed():
    env = kitchen()
    assert do(env, "go to countertop 1") == (
        "You arrive at countertop 1. On the countertop 1, you see a apple 3, and a mug 1."
    )
    assert do(env, "go to fridge 1") == "You arrive at fridge 1. The fridge 1 is closed."
    assert do(env, "go to sinkbasin 1").endswith("On the sinkbasin 1, you see nothing.")


def test_receptacles_that_share_a_place():
    env = kitchen()
    do(env, "go to countertop 1")
    assert do(env, "go to drawer 2") == NOTHING
    assert do(env, "examine drawer 2") == "The drawer 2 is closed."
    assert do(env, "open drawer 2") == (
        "You open the drawer 2. The drawer 2 is open. In it, you see a knife 1."
    )
    assert do(env, "take knife 1 from drawer 2") == "You pick up the knife 1 from the drawer 2."


def test_open_and_close_need_the_other_state():
    env = kitchen()
    assert do(env, "open fridge 1") == NOTHING
    assert do(env, "go to fridge 1", "close fridge 1") == NOTHING
    assert do(env, "open fridge 1") == (
        "You open the fridge 1. The fridge 1 is open. In it, you see a apple 2, and a egg 1."
    )
    assert do(env, "open fridge 1") == NOTHING
    assert do(env, "close fridge 1") == "You close the fridge 1."
    assert do(env, "take egg 1 from fridge 1") == NOTHING
    assert do(env, "go to countertop 1", "open countertop 1") == NOTHING


def test_move_needs_a_receptacle_that_takes_it():
    env = kitchen()
    do(env, "go to countertop 1", "take mug 1 from countertop 1", "go to sidetable 1")
    assert do(env, "move mug 1 to sidetable 1") == NOTHING
    assert do(env, "go to countertop 1", "move mug 1 to countertop 1") == (
        "You move the mug 1 to the countertop 1."
    )


def test_things_are_examined_in_the_hand_only():
    env = kitchen()
    do(env, "go to countertop 1")
    assert do(env, "examine apple 3") == NOTHING
    do(env, "take apple 3 from countertop 1")
    assert do(env, "examine apple 3") == "There's nothing special about apple 3."


@pytest.mark.parametrize(
    ("deeds", "seen"),
    [
        (["heat"], "hot"),
        (["cool"], "cold"),
        (["clean"], "clean"),
        (["heat", "clean"], "hot and clean"),
        (["clean", "cool"], "cool and clean"),
        (["heat", "cool"], "cold"),
        (["cool", "heat"], "hot"),
    ],
)
def test_what_was_done_to_a_thing_is_seen(deeds, seen):
    tools = {"heat": "microwave 1", "cool": "fridge 1", "clean": "sinkbasin 1"}
    env = kitchen()
    do(env, "go to countertop 1", "take apple 3 from countertop 1")
    for deed in deeds:
        do(env, f"go to {tools[deed]}")
        assert do(env, f"{deed} apple 3 with {tools[deed]}") == (
            f"You {deed} the apple 3 using the {tools[deed]}."
        )
    assert do(env, "examine apple 3") == f"This is a {seen} apple 3."


def test_a_treatment_needs_the_right_receptacle_and_the_hand():
    env = kitchen()
    do(env, "go to countertop 1", "take knife 1 from drawer 2")
    assert do(env, "go to microwave 1", "heat apple 3 with microwave 1") == NOTHING
    do(env, "go to countertop 1", "take apple 3 from countertop 1")
    assert do(env, "heat apple 3 with countertop 1") == NOTHING
    assert do(env, "go to fridge 1", "heat apple 3 with fridge 1") == NOTHING


def test_a_vessel_shows_what_lies_in_it_whatever_was_done_to_it():
    env = kitchen()
    do(env, "go to countertop 1", "take mug 1 from countertop 1", "go to sinkbasin 1")
    do(env, "clean mug 1 with sinkbasin 1")
    assert do(env, "examine mug 1") == "This is a normal mug 1. In it, you see a apple 3."


def test_slicing_needs_a_knife_in_the_hand():
    env = kitchen()
    do(env, "go to countertop 1")
    assert do(env, "slice apple 3 with knife 1") == NOTHING
    do(env, "open drawer 2", "take knife 1 from drawer 2")
    assert do(env, "slice apple 3 with knife 1") == "You sliced the apple 3 with the knife 1."
    do(env, "move knife 1 to countertop 1", "take apple 3 from countertop 1")
    assert do(env, "examine apple 3") == "This is a sliced apple 3."
    do(env, "go to microwave 1", "heat apple 3 with microwave 1")
    assert do(env, "examine apple 3") == "This is a hot sliced apple 3."


def test_a_lamp_is_used_where_it_stands_and_stays_on():
    env = kitchen()
    assert do(env, "use desklamp 1") == NOTHING
    do(env, "go to sidetable 1")
    assert do(env, "use desklamp 1") == do(env, "use desklamp 1") == "You turn on the desklamp 1."
    assert do(env, "take desklamp 1 from sidetable 1") == NOTHING


@pytest.mark.parametrize(
    "command",
    ["", "LOOK", "Go to countertop 1", "go to  countertop 1", "go to countertop 1.", "go to",
     "go to countertop", "take apple 3", "think: where is it?", "look around", "open\nfridge 1"],
)  # fmt: skip
def test_words_are_matched_exactly(command):
    assert do(kitchen(), command) == NOTHING


def test_blanks_around_a_command_do_not_count():
    assert do(kitchen(), "  go to fridge 1 \n").startswith("You arrive at fridge 1.")


FETCH = ("go to countertop 1", "take apple 3 from countertop 1")
PUT = ("go to sidetable 1", "move apple 3 to sidetable 1")


@pytest.mark.parametrize(
    ("kind", "before", "last"),
    [
        ("pick_and_place_simple", [*FETCH, PUT[0]], PUT[1]),
        ("pick_heat_then_place_in_recep",
         [*FETCH, "go to microwave 1", "heat apple 3 with microwave 1", PUT[0]], PUT[1]),
        ("pick_cool_then_place_in_recep",
         [*FETCH, "go to fridge 1", "cool apple 3 with fridge 1", PUT[0]], PUT[1]),
        ("pick_clean_then_place_in_recep",
         [*FETCH, "go to sinkbasin 1", "clean apple 3 with sinkbasin 1", PUT[0]], PUT[1]),
        ("look_at_obj_in_light", [*FETCH, PUT[0]], "use desklamp 1"),
        ("look_at_obj_in_light",
         [PUT[0], "use desklamp 1", FETCH[0], FETCH[1]], "go to sidetable 1"),
        ("pick_two_obj_and_place",
         [*FETCH, *PUT, "go to fridge 1", "open fridge 1", "take apple 2 from fridge 1", PUT[0]],
         "move apple 2 to sidetable 1"),
    ],
)  # fmt: skip
def test_a_game_is_won_with_its_last_deed(kind, before, last):
    env = kitchen(kind)
    for action in before:
        transition = env.step(action)
        assert (transition.reward, transition.terminated) == (0, False), action
    won = env.step(last)
    assert (won.reward, won.terminated, won.truncated, won.info["won"]) == (1, True, False, True)


@pytest.mark.parametrize("kind", ["heat", "cool", "clean"])
def test_a_thing_that_was_not_treated_does_not_win(kind):
    env = kitchen(f"pick_{kind}_then_place_in_recep")
    do(env, *FETCH)
    assert env.step(PUT[0]).observation.startswith("You arrive")
    assert not env.step(PUT[1]).terminated


def test_heat_is_lost_in_the_fridge():
    env = kitchen("pick_heat_then_place_in_recep")
    do(env, *FETCH, "go to microwave 1", "heat apple 3 with microwave 1")
    do(env, "go to fridge 1", "cool apple 3 with fridge 1", PUT[0])
    assert not env.step(PUT[1]).terminated


def test_the_things_inside_a_vessel_stay_where_they_were():
    env = kitchen()
    do(env, "go to countertop 1", "take mug 1 from countertop 1")
    assert "apple 3" in do(env, "examine countertop 1")


def test_an_object_that_is_nowhere_is_counted():
    # There are three apples, of which the last in the order of ids, "apple 1", is nowhere.
    seen = do(kitchen(), "go to countertop 1") + do(kitchen(), "go to fridge 1", "open fridge 1")
    assert "apple 3" in seen
    assert "apple 2" in seen
    assert "apple 1" not in seen
