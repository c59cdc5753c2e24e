"""The commands: what each can be done to in a scene, what it changes and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from replplan_domains.alfworld.game import State
from replplan_domains.alfworld.kinds import TREATMENTS, Treatment
from replplan_domains.alfworld.scene import Scene

KNIVES = frozenset({"knife", "butterknife"})
HELP = """Available commands:
  look:                             look around your current location
  inventory:                        check your current inventory
  go to (receptacle):               move to a receptacle
  open (receptacle):                open a receptacle
  close (receptacle):               close a receptacle
  take (object) from (receptacle):  take an object from a receptacle
  move (object) to (receptacle):  place an object in or on a receptacle
  examine (something):              examine a receptacle or an object
  use (object):                     use an object
  heat (object) with (receptacle):  heat an object using a receptacle
  clean (object) with (receptacle): clean an object using a receptacle
  cool (object) with (receptacle):  cool an object using a receptacle
  slice (object) with (object):     slice an object using a sharp object
"""

Args = tuple[str, ...]
Outcome = tuple[State, str]


class Command(NamedTuple):
    """A form of command.

    Attributes:
        form: its text, with a place for each thing or receptacle.
        options: what it can be done to in a scene.
        effect: the state after it, and its answer; is given the scene and one of the options.
    """

    form: str
    options: Callable[[Scene], Iterable[Args]]
    effect: Callable[..., Outcome]


def _always(_: Scene) -> Iterable[Args]:
    return [()]


def _look(scene: Scene) -> Outcome:
    return scene.state, scene.around()


def _inventory(scene: Scene) -> Outcome:
    held = scene.state.held
    return scene.state, f"You are carrying: a {held}." if held else "You are not carrying anything."


def _help(scene: Scene) -> Outcome:
    return scene.state, HELP


def _elsewhere(scene: Scene) -> Iterable[Args]:
    return ((r,) for r, at in scene.game.place.items() if at != scene.state.at)


def _go(scene: Scene, receptacle: str) -> Outcome:
    state = scene.state._replace(at=scene.game.place[receptacle])
    return state, f"You arrive at {receptacle}. {scene.view(receptacle)}"


def _closed(scene: Scene) -> Iterable[Args]:
    opened, openable = scene.state.opened, scene.game.properties["openable"]
    return ((r,) for r in scene.here if r in openable and r not in opened)


def _open(scene: Scene, receptacle: str) -> Outcome:
    state = scene.state._replace(opened=scene.state.opened | {receptacle})
    return state, f"You open the {receptacle}. {Scene(scene.game, state).view(receptacle)}"


def _opened(scene: Scene) -> Iterable[Args]:
    opened, openable = scene.state.opened, scene.game.properties["openable"]
    return ((r,) for r in scene.here if r in openable and r in opened)


def _close(scene: Scene, receptacle: str) -> Outcome:
    state = scene.state._replace(opened=scene.state.opened - {receptacle})
    return state, f"You close the {receptacle}."


def _examinable(scene: Scene) -> Iterable[Args]:
    held = scene.state.held
    return ((name,) for name in (*scene.here, *([held] if held else ())))


def _examine(scene: Scene, name: str) -> Outcome:
    return scene.state, scene.view(name) if name in scene.game.place else scene.looks(name)


def _usable(scene: Scene) -> Iterable[Args]:
    lamps = scene.game.properties["toggleable"]
    return ((o,) for r in scene.here for o in scene.contents(r) if o in lamps)


def _use(scene: Scene, lamp: str) -> Outcome:
    """A lamp never goes off again."""
    return scene.state._replace(used=scene.state.used | {lamp}), f"You turn on the {lamp}."


def _takable(scene: Scene) -> Iterable[Args]:
    if scene.state.held:
        return ()
    light = scene.game.properties["pickupable"]
    return ((o, r) for r in scene.reachable for o in scene.contents(r) if o in light)


def _take(scene: Scene, thing: str, receptacle: str) -> Outcome:
    state = scene.state
    after = state._replace(
        held=thing,
        inside=scene.contents_with(receptacle, {*scene.contents(receptacle)} - {thing}),
        near=state.near - {(thing, state.at)},
        taken=state.taken | {(thing, receptacle)},
    )
    return after, f"You pick up the {thing} from the {receptacle}."


def _movable(scene: Scene) -> Iterable[Args]:
    held = scene.state.held
    return ((held, r) for r in scene.reachable if scene.game.takes(r, held)) if held else ()


def _move(scene: Scene, thing: str, receptacle: str) -> Outcome:
    state = scene.state
    after = state._replace(
        held=None,
        inside=scene.contents_with(receptacle, {*scene.contents(receptacle), thing}),
        near=state.near | {(thing, state.at)},
        taken=state.taken - {(thing, receptacle)},
    )
    return after, f"You move the {thing} to the {receptacle}."


def _slicable(scene: Scene) -> Iterable[Args]:
    state, game = scene.state, scene.game
    if state.held is None or game.type.get(state.held) not in KNIVES:
        return ()
    here = (o for o, at in state.near if at == state.at)
    return ((o, state.held) for o in here if game.has("sliceable", o))


def _slice(scene: Scene, thing: str, knife: str) -> Outcome:
    state = scene.state._replace(sliced=scene.state.sliced | {thing})
    return state, f"You sliced the {thing} with the {knife}."


def _treatable(treatment: Treatment, scene: Scene) -> Iterable[Args]:
    held, game = scene.state.held, scene.game
    if held is None or not game.has(treatment.needs, held):
        return ()
    return ((held, r) for r in scene.here if game.type[r] in treatment.tools)


def _treat(treatment: Treatment, scene: Scene, thing: str, receptacle: str) -> Outcome:
    state = scene.state
    changes = {treatment.gives: getattr(state, treatment.gives) | {thing}}
    if treatment.takes:
        changes[treatment.takes] = getattr(state, treatment.takes) - {thing}
    return state._replace(**changes), f"You {treatment.verb} the {thing} using the {receptacle}."


COMMANDS = (
    Command("look", _always, _look),
    Command("inventory", _always, _inventory),
    Command("help", _always, _help),
    Command("go to {}", _elsewhere, _go),
    Command("open {}", _closed, _open),
    Command("close {}", _opened, _close),
    Command("examine {}", _examinable, _examine),
    Command("use {}", _usable, _use),
    Command("take {} from {}", _takable, _take),
    Command("move {} to {}", _movable, _move),
    Command("slice {} with {}", _slicable, _slice),
    *(
        Command(f"{t.verb} {{}} with {{}}", partial(_treatable, t), partial(_treat, t))
        for t in TREATMENTS
    ),
)
