"""A small kitchen, written down as a game's record: every trap of ALFWorld in seven places."""

from replplan_domains.alfworld.engine import Play
from replplan_domains.alfworld.environment import ALFWorldEnvironment
from replplan_domains.alfworld.game import Game
from replplan_domains.alfworld.records import read_record

OBJECTS = ("Apple|1", "Apple|2", "Apple|3", "DeskLamp|1", "Egg|1", "Knife|1", "Mug|1", "Window|1")
RECEPTACLES = (
    "CounterTop|1",
    "Drawer|1",
    "Drawer|2",
    "Fridge|1",
    "Microwave|1",
    "SideTable|1",
    "Sink|1|SinkBasin",
)
INIT = (
    "receptacleType r0 CounterTopType r1 DrawerType r2 DrawerType r3 FridgeType r4 MicrowaveType",
    "receptacleType r5 SideTableType r6 SinkBasinType",
    "objectType o0 AppleType o1 AppleType o2 AppleType o3 DeskLampType o4 EggType o5 KnifeType",
    "objectType o6 MugType o7 WindowType",
    "canContain CounterTopType AppleType CounterTopType MugType CounterTopType KnifeType",
    "canContain FridgeType AppleType FridgeType EggType SideTableType AppleType",
    "canContain DrawerType KnifeType",
    "pickupable o0 o1 o2 o4 o5 o6",
    "isReceptacleObject o6",
    "openable r1 r2 r3 r4",
    3,
    "atLocation agent1 l0",
    "cleanable o0 o1 o2 o4 o6",
    "heatable o0 o1 o2 o4 o6",
    "coolable o0 o1 o2 o4 o6",
    "toggleable o3",
    "sliceable o0 o1 o2 o4",
    "inReceptacle o0 r0 o1 r3 o4 r3 o6 r0 o5 r1 o3 r5",
    "inReceptacleObject o0 o6",
    "receptacleAtLocation r0 l1 r1 l1 r2 l2 r3 l3 r4 l4 r5 l5 r6 l6",
    "objectAtLocation o0 l1 o1 l3 o4 l3 o6 l1 o5 l1 o3 l5",
)
TARGETS = {
    "pick_and_place_simple": ("AppleType", "SideTableType"),
    "look_at_obj_in_light": ("DeskLampType", "AppleType"),
    "pick_clean_then_place_in_recep": ("AppleType", "SideTableType"),
    "pick_heat_then_place_in_recep": ("AppleType", "SideTableType"),
    "pick_cool_then_place_in_recep": ("AppleType", "SideTableType"),
    "pick_two_obj_and_place": ("AppleType", "SideTableType"),
}


def kitchen_data(kind="pick_and_place_simple", **changes):
    """The record of the kitchen, as JSON would have it."""
    return {
        "id": "a-kitchen",
        "type": kind,
        "task": "put a apple in sidetable",
        "goal": {"types": list(TARGETS[kind])},
        "walkthrough": [],
        "objects": list(OBJECTS),
        "receptacles": list(RECEPTACLES),
        "locations": [f"loc|{i}|0|0|30" for i in range(7)],
        "init": list(INIT),
        **changes,
    }


def kitchen(kind="pick_and_place_simple", **options):
    """The kitchen as an environment, begun."""
    game = Game.from_record(read_record(kitchen_data(kind)))
    environment = ALFWorldEnvironment(game, **options)
    environment.reset()
    return environment


def do(environment, *actions):
    """Do some commands, and return the last answer."""
    return [environment.step(action).observation for action in actions][-1]


def candidates(game):
    """Every command that names things of a game, sensible or not."""
    names = list(game.rank)
    yield from ("look", "inventory", "help")
    for form in ("go to {}", "open {}", "close {}", "examine {}", "use {}"):
        yield from (form.format(name) for name in names)
    for form in ("take {} from {}", "move {} to {}"):
        yield from (form.format(a, b) for a in names for b in names)
    for verb in ("heat", "cool", "clean", "slice"):
        yield from (f"{verb} {a} with {b}" for a in names for b in names)


def begun(task):
    """The play of a task, at its beginning."""
    return Play.start(Game.from_record(read_record(task.data)))
