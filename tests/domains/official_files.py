"""WebShop's official files, made small."""

from __future__ import annotations

import json
import re

from replplan_domains.webshop import WebShop

CAP = re.compile(r", and price lower than ([\d.]+) dollars$")


def item(number, **changes):
    """A mug as it was scraped."""
    return {
        "name": f"Acme Women's Mug {number} with Lid, 2 Pack",
        "product_information": {"Weight": "1 pound"},
        "brand": "Acme",
        "pricing": "$5.50",
        "images": ["https://images.example/mug.jpg"],
        "product_category": "Kitchen › Cups › Mugs",
        "small_description": ["Holds tea. ", "Dishwasher safe. "],
        "full_description": "A mug.",
        "customization_options": {
            "Size": [{"value": " Small ", "image": None}, {"value": "12 oz/350 ml"}],
            "Color": [{"value": "Red"}, {"value": "Dark Blue"}, {"value": "Green"}],
            "Style": None,
        },
        "asin": f"B00000000{number}",
        "category": "kitchen",
        "query": " Mugs ",
        **changes,
    }


def marks(**changes):
    return {
        "attributes": ["dishwasher safe"],
        "instruction": "Find me dishwasher safe mugs",
        "instruction_attributes": ["dishwasher safe"],
        **changes,
    }


def said(number, **changes):
    return {
        "asin": f"B00000000{number}",
        "instruction": f"i want a red mug number {number}.",
        "instruction_attributes": ["dishwasher safe"],
        "instruction_options": ["red"],
        "worker_id": "w",
        **changes,
    }


ITEMS = [item(i) for i in range(5)]

MARKS = {f"B00000000{i}": marks() for i in range(3)}

HUMAN = {"B000000001": [said(1), said(1, instruction_attributes=[])], "B000000004": [said(4)]}


def folder_of(folder, items=ITEMS, ruled=MARKS, human=HUMAN, size=""):
    contents = {f"items_shuffle{size}": items, f"items_ins_v2{size}": ruled}
    for name, content in (contents | {"items_human_ins": human}).items():
        if content is not None:
            (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def shop_of(folder, *args, **more):
    return WebShop(data=folder_of(folder, *args, **more)).shop
