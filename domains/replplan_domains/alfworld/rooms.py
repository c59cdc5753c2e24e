"""What rooms are made of: the types of receptacles and things, and what can be put where.

The names are those of the benchmark; `shares` says how many there are of what, and where.
"""

from __future__ import annotations

FOOD = "Apple Bread Egg Lettuce Potato Tomato"
DISHES = "Bowl Cup Mug Pan Plate Pot"
CUTLERY = "ButterKnife Fork Knife Ladle Spatula Spoon"
SHAKERS = "PepperShaker SaltShaker"
BOTTLES = "Glassbottle WineBottle"
SMALL = "CD CellPhone CreditCard KeyChain Pen Pencil RemoteControl Watch"
DECOR = "AlarmClock Book Bowl Box Candle Laptop Mug Newspaper Statue TissueBox Vase"
WASH = (
    "Candle Cloth DishSponge HandTowel SoapBar SoapBottle SprayBottle TissueBox ToiletPaper Plunger"
)
SEAT = "Book Box CellPhone CreditCard KeyChain Laptop Newspaper Pillow RemoteControl"
TABLE = (
    f"{FOOD} {DISHES} {CUTLERY} {SHAKERS} {BOTTLES} {SMALL} {DECOR} Cloth DishSponge Kettle "
    "SoapBottle SprayBottle"
)
HEATABLE = "Apple Bread Cup Egg Mug Plate Potato Tomato"
WASHABLE = f"{DISHES} {CUTLERY} Apple Cloth DishSponge Egg Kettle Lettuce Potato SoapBar Tomato"

_ACCEPTS = {
    "ArmChair": SEAT,
    "BathtubBasin": "Cloth DishSponge HandTowel SoapBar",
    "Bed": "BaseballBat BasketBall Book CellPhone Laptop Pillow TennisRacket",
    "Cabinet": f"{WASH} {DISHES} {SHAKERS} {BOTTLES} Book Box CD Kettle Ladle Newspaper Vase",
    "Cart": WASH,
    "CoffeeMachine": "Mug",
    "CoffeeTable": f"{SMALL} {DECOR} Plate",
    "CounterTop": f"{TABLE} HandTowel SoapBar ToiletPaper",
    "Desk": f"{SMALL} {DECOR} BasketBall Cloth TennisRacket",
    "DiningTable": f"{TABLE} BaseballBat BasketBall TennisRacket",
    "Drawer": f"{SMALL} {WASH} {CUTLERY} {SHAKERS} Book Newspaper",
    "Dresser": f"{SMALL} {DECOR} BasketBall Cloth Plate SprayBottle TennisRacket ToiletPaper",
    "Fridge": f"{FOOD} {DISHES} {BOTTLES}",
    "GarbageCan": f"{FOOD} CD Cloth DishSponge HandTowel Newspaper Pen Pencil SoapBar SoapBottle "
    "SprayBottle TissueBox ToiletPaper WineBottle",
    "HandTowelHolder": "HandTowel",
    "LaundryHamper": "Cloth",
    "Microwave": "Apple Bowl Bread Cup Egg Glassbottle Mug Plate Potato Tomato",
    "Ottoman": SEAT,
    "Safe": "CD CellPhone CreditCard KeyChain Statue Vase",
    "Shelf": f"{SMALL} {DECOR} {SHAKERS} {BOTTLES} {WASH} Cup Kettle Plate Pot",
    "SideTable": f"{TABLE} BaseballBat BasketBall HandTowel SoapBar TennisRacket ToiletPaper",
    "SinkBasin": f"{DISHES} {CUTLERY} Apple Cloth DishSponge Egg Glassbottle HandTowel Kettle "
    "Lettuce Potato SoapBar Tomato",
    "Sofa": SEAT,
    "StoveBurner": "Kettle Pan Pot",
    "TVStand": "TissueBox",
    "Toaster": "",
    "Toilet": WASH,
    "ToiletPaperHanger": "ToiletPaper",
    "TowelHolder": "Towel",
}
ACCEPTS = {receptacle: frozenset(things.split()) for receptacle, things in _ACCEPTS.items()}
"""The types of thing that may be put in or on each type of receptacle."""

BASINS = {"BathtubBasin": "Bathtub", "SinkBasin": "Sink"}
"""What each basin is part of."""

TOOLS = {"clean": "SinkBasin", "heat": "Microwave", "cool": "Fridge"}
"""The receptacle for each kind of task that needs one, by the kind's short name."""

LAMP = "DeskLamp"
OPENABLE = frozenset({"Cabinet", "Drawer", "Fridge", "Microwave", "Safe"})
FIXED = frozenset({LAMP, "HousePlant", "Mirror", "Sink", "Television"})
"""Things that are seen and cannot be taken."""

THINGS_WITH = {
    "isReceptacleObject": frozenset(f"{DISHES} Box".split()),
    "cleanable": frozenset(WASHABLE.split()),
    "heatable": frozenset(HEATABLE.split()),
    "coolable": frozenset(f"{HEATABLE} Bowl Lettuce Pan Pot WineBottle".split()),
    "toggleable": frozenset({LAMP}),
    "sliceable": frozenset(FOOD.split()),
}
"""The types of thing that have each property."""
