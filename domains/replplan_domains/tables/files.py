"""The files of a task: a shop, written as CSV, JSON or SQLite by somebody who took no care."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from replplan_domains.tables.mess import Pen
from replplan_domains.tables.shop import STATUSES, Customer, Order

CSV, JSON, SQLITE = FORMS = ("csv", "json", "sqlite")
ORDERS, CUSTOMERS = "orders", "customers"

ORDER_FIELDS: dict[str, tuple[str, ...]] = {
    "number": ("order_id", "Order No", "order"),
    "day": ("date", "Order date", "placed on"),
    "customer": ("customer", "Customer ID", "client"),
    "product": ("product", "Article", "item"),
    "quantity": ("quantity", "Qty", "pieces"),
    "cents": ("unit_price", "Price each", "price"),
    "status": ("status", "State", "status"),
}
CUSTOMER_FIELDS: dict[str, tuple[str, ...]] = {
    "id": ("id", "Customer ID", "client"),
    "name": ("name", "Name", "full name"),
    "region": ("region", "Region", "area"),
    "since": ("since", "Customer since", "joined"),
}

Row = dict[str, str]


@dataclass(frozen=True)
class Sheet:
    """A table as text, in the words of whoever wrote it."""

    name: str
    fields: Sequence[str]
    rows: list[Row]


def orders_sheet(orders: Sequence[Order], random: Random) -> Sheet:
    """Orders, out of order, some of them there twice."""
    pen, names = Pen(random), _headings(ORDER_FIELDS, random)
    twice = [order for order in orders if pen.chance(0.05)]
    mixed = random.sample([*orders, *twice], len(orders) + len(twice))
    return Sheet(ORDERS, names, [_order_row(order, names, pen) for order in mixed])


def _order_row(order: Order, names: Sequence[str], pen: Pen) -> Row:
    values = (
        str(order.number), pen.day(order.day), order.customer, pen.word(order.product),
        pen.number(order.quantity), pen.money(order.cents), pen.word(order.status),
    )  # fmt: skip
    return dict(zip(names, values, strict=True))


def customers_sheet(customers: Sequence[Customer], random: Random) -> Sheet:
    """Customers, out of order."""
    pen, names = Pen(random), _headings(CUSTOMER_FIELDS, random)
    mixed = random.sample(customers, len(customers))
    values = ((c.id, c.name, pen.word(c.region), pen.day(c.since)) for c in mixed)
    return Sheet(CUSTOMERS, names, [dict(zip(names, row, strict=True)) for row in values])


def _headings(fields: dict[str, tuple[str, ...]], random: Random) -> list[str]:
    style = random.randrange(3)
    return [names[style] for names in fields.values()]


def write_csv(sheet: Sheet, path: Path, random: Random) -> None:
    """With some delimiter, maybe a mark of the byte order, a note above, a total below."""
    delimiter = random.choice(",;\t")
    encoding = random.choice(("utf-8", "utf-8-sig"))
    with path.open("w", encoding=encoding, newline="") as file:
        if random.random() < 0.4:
            file.write(f"# {sheet.name}, exported on 1 July 2031\n")
        writer = csv.DictWriter(file, sheet.fields, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(sheet.rows)
        if random.random() < 0.4:
            total = dict.fromkeys(sheet.fields, "") | {sheet.fields[0]: "Total"}
            writer.writerow(total | {sheet.fields[-1]: str(len(sheet.rows))})


def write_json(sheet: Sheet, path: Path, random: Random) -> None:
    """A list of objects, alone or within another; what is empty may be missing."""
    rows = [_object(row, random) for row in sheet.rows]
    whole: Any = rows
    if random.random() < 0.5:
        whole = {"exported": "2031-07-01", "count": len(rows), sheet.name: rows}
    path.write_text(json.dumps(whole, indent=random.choice((None, 1))), encoding="utf-8")


def _object(row: Row, random: Random) -> dict[str, Any]:
    """Numbers as numbers or as text; nothing as null, or not there."""
    values: dict[str, Any] = {}
    for name, text in row.items():
        if text in ("", "null"):
            if random.random() < 0.5:
                values[name] = None
        elif text.isdecimal() and random.random() < 0.7:
            values[name] = int(text)
        else:
            values[name] = text
    return values


def write_sqlite(sheet: Sheet, path: Path, random: Random) -> None:
    """A table with a column `deleted`, in which rows are that do not count, and one of notes."""
    names = [*sheet.fields, "deleted"]
    rows = [[*_cells(row), 0] for row in sheet.rows]
    for row in random.sample(sheet.rows, len(sheet.rows) // 12):
        rows.insert(random.randrange(len(rows)), [*_gone(row, sheet.fields, random), 1])
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE notes (written TEXT, note TEXT)")
        base.execute("INSERT INTO notes VALUES ('2031-07-01', 'rows are marked, not taken out')")
        columns = ", ".join(f'"{name}"' for name in names)
        base.execute(f'CREATE TABLE "{sheet.name}" ({columns})')
        marks = ", ".join("?" * len(names))
        base.executemany(f'INSERT INTO "{sheet.name}" VALUES ({marks})', rows)  # noqa: S608
    base.close()


def _cells(row: Row) -> list[str | None]:
    return [None if text in ("", "null") else text for text in row.values()]


def _gone(row: Row, fields: Sequence[str], random: Random) -> list[str | None]:
    """A row that was marked as deleted: one that never was, or one that is still there."""
    new = dict(row)
    if random.random() < 0.7:
        new[fields[0]] = f"{row[fields[0]]}9"
        if "status" in fields[-1].lower() or fields[-1] == "State":
            new[fields[-1]] = random.choice(STATUSES)
    return _cells(new)


WRITERS: dict[str, Callable[[Sheet, Path, Random], None]] = {
    CSV: write_csv, JSON: write_json, SQLITE: write_sqlite,
}  # fmt: skip
