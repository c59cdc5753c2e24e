"""How much of what there is in a room: the shares that games are drawn by.

They are measured on 402 official training games, so that drawn games are like official ones in
what a player meets: how large rooms are, which things there are and in how many copies.
"""

from __future__ import annotations

from typing import NamedTuple


class RoomKind(NamedTuple):
    """A sort of room.

    Attributes:
        receptacles: how many there are of each type: a number, or twenty that are equally likely.
        things: the same for each type of thing, a digit each.
        kinds: how often a task of each kind is in such a room, by the kinds' short names.
    """

    receptacles: dict[str, str]
    things: dict[str, str]
    kinds: dict[str, int]


ROOMS = {
    "kitchen": RoomKind(
        {
            "Cabinet": "2 4 4 8 9 9 10 11 11 12 13 13 13 16 19 20 20 21 23 27",
            "CoffeeMachine": "1",
            "CounterTop": "1 1 1 1 1 2 2 2 2 2 2 2 2 3 3 3 3 3 4 4",
            "DiningTable": "0 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1 2 2 3 3",
            "Drawer": "1 1 1 2 3 3 3 3 4 4 4 5 6 6 7 8 9 12 13 27",
            "Fridge": "1",
            "GarbageCan": "1",
            "Microwave": "1",
            "Shelf": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 3 3 3 3",
            "SideTable": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 1 1",
            "SinkBasin": "1",
            "StoveBurner": "4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 6",
            "Toaster": "1",
        },
        {
            "Apple": "11111112222223333333",
            "Book": "00000000000000000013",
            "Bowl": "11111112222222333333",
            "Bread": "11111111111222222233",
            "ButterKnife": "01111111222222223333",
            "CellPhone": "00000000000000000123",
            "CreditCard": "00000000000000000013",
            "Cup": "11111111222222233333",
            "DishSponge": "11111122222222333333",
            "Egg": "11111122222223333333",
            "Fork": "11111111222222333333",
            "Glassbottle": "00000000000000012233",
            "HousePlant": "00000000000001111112",
            "Kettle": "00000000001111222233",
            "Knife": "11111111222222333333",
            "Ladle": "00000000000000112233",
            "Lettuce": "11111111222222223333",
            "Mug": "01111111222222223333",
            "Pan": "11111111111111222223",
            "PaperTowelRoll": "00000000000000111111",
            "Pen": "00000000000000000013",
            "Pencil": "00000000000000000012",
            "PepperShaker": "11111222222223333333",
            "Plate": "01111111112222223333",
            "Pot": "11111111111222222233",
            "Potato": "11111111222222233333",
            "SaltShaker": "11111112222222333333",
            "Sink": "00000000000000000011",
            "SoapBottle": "11111122222223333333",
            "Spatula": "11111111222222333333",
            "Spoon": "11111112222222233333",
            "SprayBottle": "00000000000000000013",
            "Statue": "00000000000000000122",
            "Tomato": "11111112222222333333",
            "Vase": "00000000000000000233",
            "WineBottle": "00000000000111122233",
        },
        {"pick": 18, "clean": 83, "heat": 100, "cool": 100, "two": 24},
    ),
    "bedroom": RoomKind(
        {
            "ArmChair": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 2 3",
            "Bed": "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2 2 2",
            "Cabinet": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 2 4",
            "CounterTop": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1",
            "Desk": "0 0 0 0 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2",
            "DiningTable": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 1 1",
            "Drawer": "0 2 2 2 2 2 3 3 4 4 5 5 5 6 10 10 11 11 16 17",
            "Dresser": "0 0 0 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1 1 2",
            "GarbageCan": "1",
            "LaundryHamper": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 1 1 1 1",
            "Safe": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 1 1",
            "Shelf": "0 0 0 0 0 1 1 1 1 1 1 2 2 5 5 6 7 9 12 14",
            "SideTable": "0 0 0 0 0 0 0 1 1 1 1 1 1 1 1 1 2 2 2 2",
        },
        {
            "AlarmClock": "11111111111112222223",
            "Book": "11111111111222233333",
            "Bowl": "00000000000111111222",
            "Box": "00000000000000000011",
            "CD": "01111111112222233333",
            "CellPhone": "11111122222223333333",
            "CreditCard": "11111112222233333333",
            "DeskLamp": "00000111111111111112",
            "HousePlant": "00000000000000011111",
            "KeyChain": "01111112222222333333",
            "Laptop": "11111111122222222333",
            "Mirror": "00000000000000000001",
            "Mug": "00000000011111222233",
            "Pen": "11111122222223333333",
            "Pencil": "11111112222222333333",
            "Pillow": "11111111112222222233",
            "RemoteControl": "00000000000000000023",
            "Statue": "00000000000000000111",
            "TeddyBear": "00000000000000011111",
            "Television": "00000000000000000001",
            "TissueBox": "00000000000000000122",
            "Vase": "00000000000000000002",
            "Watch": "00000000000000000002",
        },
        {"pick": 34, "look": 73, "two": 25},
    ),
    "living room": RoomKind(
        {
            "ArmChair": "0 0 0 1 1 1 1 1 1 1 1 1 1 1 2 2 2 2 2 3",
            "Cabinet": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 8",
            "CoffeeTable": "0 0 0 0 0 1 1 1 1 1 1 1 1 1 1 1 2 2 2 2",
            "Desk": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1",
            "DiningTable": "0 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1 1 1 2 2",
            "Drawer": "0 0 0 0 1 1 1 4 4 4 4 4 4 4 4 6 7 7 8 21",
            "Dresser": "0 0 0 0 0 0 0 0 0 0 0 0 0 1 1 1 1 1 1 1",
            "GarbageCan": "1",
            "Ottoman": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 1 1",
            "Safe": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1",
            "Shelf": "0 0 0 0 0 0 0 0 0 0 0 1 1 1 2 4 6 8 8 13",
            "SideTable": "0 0 0 0 1 1 1 1 1 2 2 2 2 2 3 3 3 3 3 5",
            "Sofa": "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2 2 2 2",
            "TVStand": "0 0 0 0 0 0 0 0 0 0 0 0 0 1 1 1 1 1 1 2",
        },
        {
            "Book": "00000000000000001122",
            "Bowl": "00000000000000000001",
            "Box": "00111111111111111223",
            "Candle": "00000000000000000013",
            "CellPhone": "00000000000000112233",
            "CreditCard": "11111222222333333333",
            "DeskLamp": "00000000000111111111",
            "HousePlant": "00000000111111111111",
            "KeyChain": "00011111111122222233",
            "Laptop": "11111111111122222222",
            "Newspaper": "00000000111111222333",
            "Pen": "00000000000000000123",
            "Pencil": "00000000000000000133",
            "Pillow": "11111111111111111122",
            "Plate": "00000000000001111223",
            "RemoteControl": "11111112222222333333",
            "Statue": "01111122222222333334",
            "Television": "00000001111111111111",
            "TissueBox": "00000000000001122233",
            "Vase": "00000000001122333344",
            "Watch": "00000000000001122333",
        },
        {"pick": 21, "look": 27, "two": 31},
    ),
    "bathroom": RoomKind(
        {
            "BathtubBasin": "0 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1 1 1 1 1",
            "Cabinet": "0 0 0 0 0 0 0 0 0 0 0 0 0 4 4 4 4 4 4 9",
            "Cart": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 1 1",
            "CounterTop": "0 0 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2 2",
            "Drawer": "0 0 0 0 0 0 1 1 1 2 4 4 4 4 4 6 8 8 8 8",
            "Dresser": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 1",
            "GarbageCan": "1",
            "HandTowelHolder": "1 1 1 1 1 1 1 1 1 1 1 2 2 2 2 2 2 2 2 4",
            "Shelf": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 1 1 1 2 3",
            "SideTable": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 1",
            "SinkBasin": "1 1 1 1 1 1 1 1 1 1 1 2 2 2 2 2 2 2 2 2",
            "Toilet": "1",
            "ToiletPaperHanger": "1",
            "TowelHolder": "1 1 1 1 1 1 1 1 1 1 1 1 1 1 2 2 2 2 2 2",
        },
        {
            "Candle": "01111111122222333333",
            "Cloth": "11111111122222222333",
            "DishSponge": "00000000000000001122",
            "HandTowel": "11111111111111111122",
            "HousePlant": "00000000000000000001",
            "Mirror": "00000000000000000001",
            "PaperTowelRoll": "00000000000000000011",
            "Sink": "00000000000000000111",
            "SoapBar": "01111111122222233333",
            "SoapBottle": "11111111122222223333",
            "SprayBottle": "11112222223333333333",
            "TissueBox": "00000000000001112233",
            "ToiletPaper": "11111111222222222333",
            "Towel": "11111111111111111222",
        },
        {"pick": 27, "clean": 17, "two": 20},
    ),
}
"""The sorts of room."""
