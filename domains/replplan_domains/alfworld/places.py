"""Where things lie and what shares a place, measured on the same games as `shares`."""

from __future__ import annotations

_PLACES = {
    "AlarmClock": "DiningTable 68 Desk 50 CounterTop 50 Dresser 29 Shelf 28 SideTable 25",
    "Apple": "DiningTable 28 CounterTop 24 Fridge 21 SideTable 14 SinkBasin 12 Microwave 12 "
    "GarbageCan 11",
    "Book": "Bed 51 CounterTop 49 Desk 34 Sofa 29 Cabinet 18 CoffeeTable 15 Dresser 13 "
    "DiningTable 12 Drawer 10 ArmChair 10 SideTable 6 Shelf 2",
    "Bowl": "Desk 76 CoffeeTable 40 Cabinet 32 DiningTable 31 Fridge 22 CounterTop 19 Dresser 17 "
    "Shelf 14 SideTable 5 SinkBasin 4 Microwave 2",
    "Box": "Desk 56 DiningTable 55 CoffeeTable 37 Sofa 22 Dresser 13 Shelf 12 TVStand 6 "
    "SideTable 4 ArmChair 2",
    "Bread": "DiningTable 55 CounterTop 51 Fridge 15 SideTable 4",
    "ButterKnife": "CounterTop 53 DiningTable 47 SideTable 13 Drawer 8 SinkBasin 6",
    "Candle": "Cabinet 45 Shelf 38 SideTable 38 Toilet 32 CounterTop 28 Dresser 22 Drawer 20 "
    "TVStand 20 CoffeeTable 18 DiningTable 18 Cart 8",
    "CD": "DiningTable 50 Dresser 32 Drawer 25 Desk 23 Cabinet 22 ArmChair 19 SideTable 17 Shelf "
    "14 GarbageCan 10 Safe 7",
    "CellPhone": "CounterTop 45 DiningTable 28 Bed 27 Desk 26 Safe 25 Ottoman 25 Dresser 24 "
    "Drawer 19 Sofa 14 SideTable 13 Shelf 12 ArmChair 10 CoffeeTable 9 Cabinet 3",
    "Cloth": "Cabinet 48 BathtubBasin 40 CounterTop 26 Shelf 22 Drawer 21 SinkBasin 9 Cart 9 "
    "Dresser 9 Toilet 4",
    "CreditCard": "CounterTop 36 Desk 27 Drawer 25 Dresser 25 Shelf 24 SideTable 20 DiningTable "
    "20 CoffeeTable 18 ArmChair 16 Sofa 15 TVStand 15",
    "Cup": "DiningTable 27 Cabinet 23 CounterTop 20 Fridge 20 SideTable 15 SinkBasin 10 Shelf 10 "
    "Microwave 6",
    "DeskLamp": "SideTable 63 Desk 44 Dresser 40 CoffeeTable 10 Shelf 8",
    "DishSponge": "DiningTable 24 CounterTop 23 Cabinet 23 Drawer 22 Shelf 17 BathtubBasin 17 "
    "Toilet 17 SideTable 9 SinkBasin 8 Cart 8 GarbageCan 6",
    "Egg": "CounterTop 25 Fridge 25 DiningTable 20 SinkBasin 15 GarbageCan 12 Microwave 10 "
    "SideTable 10",
    "Fork": "CounterTop 40 DiningTable 40 Drawer 23 SideTable 14 SinkBasin 12",
    "Glassbottle": "Cabinet 29 DiningTable 29 CounterTop 26 SinkBasin 10 Fridge 9 GarbageCan 8 "
    "Shelf 6",
    "HandTowel": "HandTowelHolder 94 CounterTop 7",
    "HousePlant": "CounterTop 80 Desk 50 SideTable 40 CoffeeTable 32 DiningTable 30 Shelf 16 "
    "Dresser 15 Cabinet 4",
    "Kettle": "StoveBurner 43 CounterTop 29 Cabinet 20 DiningTable 16 SinkBasin 2 Shelf 2",
    "KeyChain": "Drawer 30 SideTable 28 Dresser 22 Safe 22 Desk 21 CoffeeTable 21 CounterTop 17 "
    "TVStand 16 Shelf 15 DiningTable 14 Sofa 13 Ottoman 9 ArmChair 8 Cabinet 4",
    "Knife": "DiningTable 51 CounterTop 44 Drawer 20 SideTable 8 SinkBasin 4",
    "Ladle": "CounterTop 46 DiningTable 43 Cabinet 21 Drawer 12 SinkBasin 4",
    "Laptop": "Bed 81 CoffeeTable 35 CounterTop 30 Sofa 29 DiningTable 28 Desk 18 Ottoman 15 "
    "ArmChair 8 TVStand 8 Dresser 4 SideTable 3",
    "Lettuce": "DiningTable 45 CounterTop 40 Fridge 24 SideTable 21 SinkBasin 3 GarbageCan 2",
    "Mirror": "CounterTop 100 Dresser 22",
    "Mug": "Desk 50 CounterTop 27 Dresser 25 Cabinet 18 CoffeeMachine 18 SideTable 18 Shelf 16 "
    "DiningTable 15 Fridge 12 SinkBasin 8 Microwave 6",
    "Newspaper": "DiningTable 36 TVStand 33 Dresser 25 CoffeeTable 22 Sofa 18 SideTable 18 "
    "Ottoman 17 Shelf 9 ArmChair 6 Drawer 4",
    "Pan": "StoveBurner 53 CounterTop 34 DiningTable 8 Fridge 5 Cabinet 4",
    "PaperTowelRoll": "CounterTop 57 Toilet 50 DiningTable 43 Shelf 32 GarbageCan 16 SideTable 11",
    "Pen": "DiningTable 42 Dresser 41 Desk 36 CounterTop 36 Shelf 25 SideTable 23 CoffeeTable 22 "
    "Drawer 15 GarbageCan 4",
    "Pencil": "DiningTable 45 Desk 33 Shelf 25 CounterTop 25 Dresser 23 Drawer 22 SideTable 21 "
    "CoffeeTable 21 TVStand 14 GarbageCan 6",
    "PepperShaker": "Cabinet 35 CounterTop 30 DiningTable 23 SideTable 18 Drawer 16 Shelf 12",
    "Pillow": "Bed 98 Sofa 72 ArmChair 22",
    "Plate": "Cabinet 41 DiningTable 35 CounterTop 29 TVStand 25 CoffeeTable 24 Dresser 10 "
    "Fridge 7 Shelf 7 SideTable 5",
    "Pot": "StoveBurner 75 CounterTop 13 Fridge 5 DiningTable 5 Cabinet 4",
    "Potato": "DiningTable 31 CounterTop 29 Fridge 24 SinkBasin 11 SideTable 11 Microwave 10 "
    "GarbageCan 4",
    "RemoteControl": "Desk 50 CounterTop 33 CoffeeTable 25 TVStand 25 Sofa 22 DiningTable 21 "
    "Drawer 13 SideTable 13 Dresser 11 Shelf 10 ArmChair 8 Ottoman 7",
    "SaltShaker": "Cabinet 30 CounterTop 30 DiningTable 30 SideTable 20 Drawer 17 Shelf 14",
    "Sink": "CounterTop 85 SinkBasin 15",
    "SoapBar": "SideTable 40 CounterTop 26 Cart 23 SinkBasin 20 Shelf 19 Cabinet 17 Drawer 16 "
    "Toilet 13 BathtubBasin 13 GarbageCan 6",
    "SoapBottle": "DiningTable 36 CounterTop 34 Cabinet 30 Toilet 24 Shelf 16 Cart 14 Dresser 14 "
    "SideTable 12 GarbageCan 9 Drawer 3",
    "Spatula": "DiningTable 47 CounterTop 39 Drawer 18 SinkBasin 11 SideTable 11",
    "Spoon": "DiningTable 40 CounterTop 34 Drawer 26 SideTable 22 SinkBasin 11",
    "SprayBottle": "SideTable 44 Cabinet 37 CounterTop 36 DiningTable 35 Toilet 29 Shelf 21 Cart "
    "15 Dresser 15 GarbageCan 10",
    "Statue": "Shelf 44 CounterTop 43 SideTable 38 DiningTable 32 CoffeeTable 30 Desk 20 TVStand "
    "15 Dresser 14",
    "TeddyBear": "Bed 100",
    "Television": "TVStand 100 Dresser 95 CoffeeTable 11 SideTable 3",
    "TissueBox": "Desk 50 CounterTop 45 CoffeeTable 41 DiningTable 30 Shelf 25 SideTable 24 Cart "
    "22 Drawer 18 TVStand 14 Dresser 11 Toilet 3",
    "ToiletPaper": "Cabinet 33 SideTable 33 Toilet 29 Dresser 22 CounterTop 21 Drawer 19 Cart 14 "
    "Shelf 12 GarbageCan 10 ToiletPaperHanger 8",
    "Tomato": "DiningTable 37 Fridge 31 CounterTop 28 SideTable 13 GarbageCan 10 SinkBasin 6",
    "Towel": "TowelHolder 100",
    "Vase": "Shelf 40 CounterTop 35 Cabinet 33 Dresser 30 SideTable 23 TVStand 22 CoffeeTable 20 "
    "DiningTable 15 Desk 15",
    "Watch": "TVStand 35 Dresser 30 Drawer 29 DiningTable 27 Shelf 26 CoffeeTable 25 SideTable "
    "20 Desk 7",
    "WineBottle": "CounterTop 42 DiningTable 28 Cabinet 23 GarbageCan 9 Shelf 7 Fridge 4",
}
PLACES = {
    thing: dict(zip(words[::2], map(int, words[1::2]), strict=True))
    for thing, words in ((thing, text.split()) for thing, text in _PLACES.items())
}
"""How likely each type of thing lies in each type of receptacle, where the room has it. It does
not matter how many there are of that type: twenty cabinets hold no more than five."""

RARE_TARGETS = {"BathtubBasin": 1, "HandTowelHolder": 1, "SinkBasin": 1, "TowelHolder": 0}
USUAL_TARGET = 10
"""How likely a type of receptacle is what a thing has to be put in."""

TOGETHER = {
    "Cabinet": {"Cabinet": 0.09},
    "CounterTop": {"CoffeeMachine": 0.08},
    "Drawer": {"Cabinet": 0.03, "Desk": 0.02, "Drawer": 0.17},
    "Dresser": {"Drawer": 0.35},
    "GarbageCan": {"Cabinet": 0.03},
    "Safe": {"Drawer": 0.2},
    "Shelf": {"Cabinet": 0.02, "Shelf": 0.09},
    "SideTable": {"Drawer": 0.07},
    "StoveBurner": {"CounterTop": 0.015, "Drawer": 0.04, "StoveBurner": 0.34},
    "TVStand": {"Shelf": 0.45},
    "Toaster": {"CounterTop": 0.26, "StoveBurner": 0.03},
    "ToiletPaperHanger": {"GarbageCan": 0.03},
    "TowelHolder": {"HandTowelHolder": 0.03},
}
"""How likely a receptacle is reached from the very place of another one, by their types."""

TWICE = {
    ("CellPhone", "Safe"): {"Cabinet": 0.4, "Dresser": 0.4},
    ("HandTowel", "HandTowelHolder"): {"CounterTop": 0.06},
    ("KeyChain", "Safe"): {"Cabinet": 0.2, "Dresser": 0.2},
    ("Mug", "CoffeeMachine"): {"CounterTop": 0.8, "DiningTable": 0.05},
    ("Pan", "StoveBurner"): {"CounterTop": 0.2, "StoveBurner": 0.35},
    ("Pot", "StoveBurner"): {"CounterTop": 0.04, "StoveBurner": 0.3},
}
"""How likely a thing in a receptacle is seen in a second one as well, by the types."""

STUCK_ROOMS = {"Cabinet": 0.5, "Drawer": 0.5, "Safe": 1.0}
STUCK = {"Cabinet": 0.35, "Drawer": 0.4, "Safe": 0.2}
"""In that share of rooms, that share of a type cannot be opened, nor need be: it is open."""

NOWHERE = 0.035
"""How likely a type of thing has a number more than there are to be seen."""

ONE_MORE = 0.1
"""How likely there is one more of the thing that is asked for."""

WANTED_CLOSED = 2
"""How many times less likely it lies in what has to be opened than others of its type."""

IN_VESSEL = 0.06
"""How likely a thing that lies beside a bowl, a box and so on lies in it as well."""

COOL_FRIDGE = 0.15
"""In that share of rooms what is in the fridge is cool from the start."""
