"""The baseline: files read as they are, as somebody does who believes that data are clean."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from replplan_domains.tables.files import CUSTOMER_FIELDS, CUSTOMERS, ORDER_FIELDS, ORDERS
from replplan_domains.tables.shop import Customer, Order, Shop


def read_naively(paths: Iterable[Path]) -> Shop:
    """The shop that the files seem to tell of: rows that do not read at once are left out."""
    found: dict[str, list[Any]] = {ORDERS: [], CUSTOMERS: []}
    makers = {ORDERS: (_order, ORDER_FIELDS), CUSTOMERS: (_customer, CUSTOMER_FIELDS)}
    for path in paths:
        make, fields = makers[path.stem]
        for row in _rows(path):
            try:
                found[path.stem].append(make(_fields(row, fields)))
            except (ValueError, TypeError, KeyError, AttributeError):
                continue
    return Shop(tuple(found[CUSTOMERS]), tuple(found[ORDERS]))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
    elif path.suffix == ".json":
        whole = json.loads(path.read_text(encoding="utf-8"))
        yield from whole if isinstance(whole, list) else whole[path.stem]
    else:
        with closing(sqlite3.connect(path)) as base:
            base.row_factory = sqlite3.Row
            rows = base.execute(f'SELECT * FROM "{path.stem}"').fetchall()  # noqa: S608
            yield from map(dict, rows)


def _fields(row: dict[str, Any], fields: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    return {f: next((row[n] for n in names if n in row), None) for f, names in fields.items()}


def _order(row: dict[str, Any]) -> Order:
    price = row["cents"]
    return Order(
        number=int(row["number"]),
        day=date.fromisoformat(row["day"]),
        customer=row["customer"],
        product=row["product"],
        quantity=int(row["quantity"]),
        cents=round(100 * float(price)) if price else None,
        status=row["status"],
    )


def _customer(row: dict[str, Any]) -> Customer:
    since = date.fromisoformat(row["since"])
    return Customer(row["id"], row["name"], row["region"], since)
