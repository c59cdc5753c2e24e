"""What rooms are made of: their receptacles and things, and what can be put where.

The names are those of the benchmark; how many there are of what, and where, is drawn anew for
each game.
"""

from __future__ import annotations

from typing import NamedTuple

FOOD = "Apple Bread Egg Lettuce Potato Tomato"
DISHES = "Bowl Cup Mug Pan Plate Pot"
CUTLERY = "ButterKnife Fork Knife Ladle Spatula Spoon"
SHAKERS = "PepperShaker SaltShaker"
SMALL = "CD CellPhone CreditCard KeyChain Pen Pencil RemoteControl Watch"
DECOR = "AlarmClock Book Bowl Box Candle Laptop Mug Newspaper Statue TissueBox Vase"
WASH = "Candle Cloth DishSponge HandTowel SoapBar SoapBottle SprayBottle ToiletPaper"
SEAT = "Book Box CellPhone CreditCard KeyChain Laptop Newspaper Pillow RemoteControl"
TABLE = (
    f"{FOOD} {DISHES} {CUTLERY} {SHAKERS} {SMALL} {DECOR} DishSponge Kettle SoapBottle WineBottle"
)
KITCHEN = f"{FOOD} {DISHES} {CUTLERY} {SHAKERS} DishSponge Kettle SoapBottle WineBottle"
BEDROOM = """
AlarmClock Book Bowl CD CellPhone CreditCard KeyChain Laptop Mug Pen Pencil Pillow Watch
"""
LIVING_ROOM = """
Book Box CreditCard KeyChain Laptop Newspaper Pillow RemoteControl Statue TissueBox Vase Watch
"""
HEATABLE = "Apple Bread Cup Egg Mug Plate Potato Tomato"
WASHABLE = f"{DISHES} {CUTLERY} Apple Cloth DishSponge Egg Kettle Lettuce Potato SoapBar Tomato"

_ACCEPTS = {
    "ArmChair": SEAT,
    "BathtubBasin": "Cloth DishSponge HandTowel SoapBar",
    "Bed": "Book CellPhone Laptop Pillow",
    "Cabinet": f"{WASH} {DISHES} {SHAKERS} Book Kettle Ladle",
    "CoffeeMachine": "Mug",
    "CoffeeTable": f"{SMALL} {DECOR} Plate",
    "CounterTop": f"{TABLE} {WASH}",
    "Desk": f"{SMALL} {DECOR}",
    "DiningTable": TABLE,
    "Drawer": f"{SMALL} {WASH} {CUTLERY} {SHAKERS} Book",
    "Dresser": f"{SMALL} {DECOR}",
    "Fridge": f"{FOOD} {DISHES} WineBottle",
    "GarbageCan": f"{FOOD} Cloth DishSponge HandTowel Newspaper Pen Pencil SoapBar SoapBottle "
    "SprayBottle TissueBox ToiletPaper WineBottle",
    "HandTowelHolder": "HandTowel",
    "Microwave": "Apple Bowl Bread Cup Egg Mug Plate Potato Tomato",
    "Safe": "CD CellPhone CreditCard KeyChain Statue Vase",
    "Shelf": f"{SMALL} {DECOR} {SHAKERS} {WASH} Cup Plate Pot",
    "SideTable": f"{TABLE} {WASH}",
    "SinkBasin": f"{DISHES} {CUTLERY} Apple Cloth DishSponge Egg HandTowel Kettle Lettuce Potato "
    "SoapBar Tomato",
    "Sofa": SEAT,
    "StoveBurner": "Kettle Pan Pot",
    "Toaster": "",
    "Toilet": WASH,
    "ToiletPaperHanger": "ToiletPaper",
}
ACCEPTS = {receptacle: frozenset(things.split()) for receptacle, things in _ACCEPTS.items()}
"""The types of thing that may be in or on each type of receptacle."""

BASINS = {"BathtubBasin": "Bathtub", "SinkBasin": "Sink"}
"""What each basin is part of."""

TOOLS = {"clean": "SinkBasin", "heat": "Microwave", "cool": "Fridge"}
"""The receptacle for each kind of task that needs one, by the kind's short name."""

LAMP = "DeskLamp"
LAMP_STANDS = frozenset({"Desk", "Dresser", "SideTable"})
OPENABLE = frozenset({"Cabinet", "Drawer", "Fridge", "Microwave", "Safe"})
THINGS_WITH = {
    "isReceptacleObject": frozenset(f"{DISHES} Box".split()),
    "cleanable": frozenset(WASHABLE.split()),
    "heatable": frozenset(HEATABLE.split()),
    "coolable": frozenset(f"{HEATABLE} Bowl Lettuce Pan Pot WineBottle".split()),
    "toggleable": frozenset({LAMP}),
    "sliceable": frozenset(FOOD.split()),
}
"""The types of thing that have each property."""


class Room(NamedTuple):
    """A sort of room.

    Attributes:
        receptacles: how many there are of each type, at least and at most.
        things: the types of thing in it.
        fixtures: what is part of the room; nothing can be done with it.
        kinds: the kinds of task that fit it, by their short names.
    """

    receptacles: dict[str, tuple[int, int]]
    things: tuple[str, ...]
    fixtures: tuple[str, ...]
    kinds: frozenset[str]


ROOMS = (
    Room(
        {
            "Cabinet": (4, 14),
            "CoffeeMachine": (1, 1),
            "CounterTop": (1, 3),
            "DiningTable": (0, 2),
            "Drawer": (3, 8),
            "Fridge": (1, 1),
            "GarbageCan": (1, 1),
            "Microwave": (1, 1),
            "Shelf": (0, 3),
            "SinkBasin": (1, 1),
            "StoveBurner": (2, 4),
            "Toaster": (1, 1),
        },
        tuple(KITCHEN.split()),
        ("Chair", "Window"),
        frozenset({"pick", "clean", "heat", "cool", "two"}),
    ),
    Room(
        {
            "Bed": (1, 2),
            "Desk": (1, 1),
            "Drawer": (3, 8),
            "Dresser": (0, 1),
            "GarbageCan": (1, 1),
            "Safe": (0, 1),
            "Shelf": (0, 5),
            "SideTable": (1, 2),
        },
        tuple(BEDROOM.split()),
        (LAMP, "Mirror", "Window"),
        frozenset({"pick", "look", "two"}),
    ),
    Room(
        {
            "ArmChair": (0, 2),
            "CoffeeTable": (1, 2),
            "Drawer": (1, 5),
            "GarbageCan": (1, 1),
            "Safe": (0, 1),
            "Shelf": (0, 4),
            "SideTable": (1, 2),
            "Sofa": (1, 2),
        },
        tuple(LIVING_ROOM.split()),
        (LAMP, "Painting", "Television"),
        frozenset({"pick", "look", "two"}),
    ),
    Room(
        {
            "BathtubBasin": (0, 1),
            "Cabinet": (1, 5),
            "CounterTop": (1, 1),
            "Drawer": (0, 5),
            "GarbageCan": (1, 1),
            "HandTowelHolder": (0, 2),
            "Shelf": (0, 2),
            "SinkBasin": (1, 2),
            "Toilet": (1, 1),
            "ToiletPaperHanger": (1, 1),
        },
        tuple(WASH.split()),
        ("Mirror", "Towel"),
        frozenset({"pick", "clean", "two"}),
    ),
)
