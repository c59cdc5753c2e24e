"""Questions over messy tables: the files read back with care, and every answer found by SQL."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replplan import ScriptedModel, plan
from replplan.baseline import play_baseline
from replplan.cell import Answer
from replplan.errors import ConfigError
from replplan.pool import read_demonstration
from replplan_domains.tables import Tables
from replplan_domains.tables.files import FORMS
from replplan_domains.tables.questions import KINDS
from replplan_domains.tables.tasks import SIZES, Case, case, write_files

DOMAIN = Tables()
PAID = "status = 'paid'"
SQL = {
    "count": "SELECT count(*) FROM orders WHERE status = :status AND month = :month",
    "no-price": "SELECT count(*) FROM orders WHERE cents IS NULL",
    "revenue": f"SELECT coalesce(sum(pieces * cents), 0) / 100.0 FROM orders WHERE {PAID} AND month = :month",
    "by-status": "SELECT json_group_object(status, n) FROM (SELECT status, count(*) n FROM orders WHERE product = :product GROUP BY 1)",
    "most-sold": f"SELECT product FROM orders GROUP BY 1 ORDER BY sum(iif({PAID}, pieces, 0)) DESC, 1 LIMIT 1",
    "buyers": "SELECT count(DISTINCT customer) FROM orders WHERE status <> 'cancelled'",
    "best-region": f"SELECT region FROM orders JOIN customers ON id = customer WHERE {PAID} GROUP BY 1 ORDER BY sum(pieces * cents) DESC, 1 LIMIT 1",
    "without-orders": "SELECT json_group_array(id) FROM (SELECT id FROM customers WHERE id NOT IN (SELECT customer FROM orders) ORDER BY 1)",
    "of-region": "SELECT coalesce(sum(pieces), 0) FROM orders JOIN customers ON id = customer WHERE region = :region AND status <> 'cancelled'",
    "median": "SELECT avg(pieces) FROM (SELECT pieces, row_number() OVER (ORDER BY pieces) r, count(*) OVER () n FROM orders WHERE product = :product) WHERE r IN ((n + 1) / 2, (n + 2) / 2)",
    "busiest": "SELECT day FROM orders GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
    "regular": "SELECT max(n) > :many FROM (SELECT count(*) n FROM orders GROUP BY customer)",
}
DATES = {
    r"(\d{4})[-/](\d\d)[-/](\d\d)": "%Y%m%d",
    r"(\d\d)\.(\d\d)\.(\d{4})": "%d%m%Y",
    r"(\d+) (\w{3}) (\d{4})": "%d%b%Y",
}


def raw_rows(path: Path):
    """The rows of a file as lists of text, whatever its form."""
    if path.suffix == ".csv":
        lines = [x for x in path.read_text("utf-8-sig").splitlines() if not x.startswith("#")]
        delimiter = max(",;\t", key=lines[0].count)
        rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))[1:]
    elif path.suffix == ".json":
        whole = json.loads(path.read_text())
        found = whole if isinstance(whole, list) else whole[path.stem]
        assert whole is found or whole["count"] == len(found)
        names = max(found, key=len)
        rows = [[row.get(name) for name in names] for row in found]
    else:
        with closing(sqlite3.connect(path)) as base:
            rows = [row[:-1] for row in base.execute(f"SELECT * FROM {path.stem}") if not row[-1]]
    clean = [["" if value is None else str(value).strip() for value in row] for row in rows]
    return [row for row in clean if row[0] != "Total"]


def day(text: str) -> str:
    for pattern, form in DATES.items():
        if found := re.fullmatch(pattern, text):
            date = "".join(part.zfill(2) for part in found.groups())
            return datetime.strptime(date, form).date().isoformat()
    raise ValueError(text)


def cents(text: str) -> int | None:
    """All digits: money has two decimals, whatever stands before them."""
    digits = "".join(c for c in text if c.isdigit())
    assert not digits or re.search(r"[.,]\d\d\D*$", text)
    return int(digits) if digits else None


def load(paths) -> sqlite3.Connection:
    base = sqlite3.connect(":memory:")
    base.execute(
        "CREATE TABLE orders (number PRIMARY KEY, day, month, customer, product, pieces, cents, status)"
    )
    base.execute("CREATE TABLE customers (id PRIMARY KEY, region)")
    for path in paths:
        for row in raw_rows(path):
            if path.stem == "customers":
                base.execute("INSERT INTO customers VALUES (?, ?)", (row[0], row[2].title()))
                continue
            number, placed, customer, product, pieces, price, status = row
            when = day(placed)
            values = (
                int(number),
                when,
                int(when[5:7]),
                customer,
                product.lower(),
                int(float(pieces)),
                cents(price),
                status.lower(),
            )
            known = base.execute("SELECT * FROM orders WHERE number = ?", values[:1]).fetchone()
            assert known in (None, values), "an order that is there twice is the same order"
            base.execute("INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    return base


def by_sql(here: Case, paths):
    with closing(load(paths)) as base:
        (found,) = base.execute(SQL[here.kind], here.named).fetchone()
    read = {"by-status": json.loads, "without-orders": json.loads, "regular": bool}
    return read[here.kind](found) if here.kind in read else found


@pytest.mark.parametrize("split", SIZES)
def test_every_answer_is_in_the_files(split):
    for task in DOMAIN.tasks(split):
        found = by_sql(case(split, task.data["number"]), DOMAIN.files(task))
        assert found == DOMAIN.gold_answer(task).value, task.id
        assert DOMAIN.score(task, None, Answer(value=found)).solved


@given(st.integers(0, 10**6), st.sampled_from(FORMS), st.sampled_from(FORMS))
@settings(max_examples=40)
def test_any_seed_in_any_form_gives_the_same_answer(seed, form, other):
    here = case("seeds", seed)
    forms = {table: (form, other)[table == "customers"] for table in here.forms}
    here = Case(here.kind, here.shop, here.named, forms)
    with TemporaryDirectory() as folder:
        found = by_sql(here, list(write_files(here, Path(folder), f"seed {seed}")))
    assert found == here.answer


def test_tasks_are_of_every_kind_in_every_form_and_repeat():
    tasks = DOMAIN.tasks("test")
    assert len(tasks) == 100
    seen = {(t.data["kind"], Path(t.data["files"][0]).suffix[1:]) for t in tasks}
    assert seen == {(kind, form) for kind in KINDS for form in FORMS}
    assert len({t.goal.splitlines()[0] for t in tasks}) > 30
    case.cache_clear()
    assert case("test", 5).answer == DOMAIN.gold_answer(tasks[5]).value
    assert str(DOMAIN.task("test-5").data["kind"]) in KINDS


def test_no_shop_is_in_two_splits_or_twice():
    shops = [repr(case(split, n).shop) for split, size in SIZES.items() for n in range(size)]
    assert len(set(shops)) == len(shops)


@pytest.mark.parametrize(
    ("kind", "wrong", "complaint"),
    [
        ("count", "many", "should be a valid integer"),
        ("by-status", ["paid"], "should be an object"),
        ("without-orders", "C001", "should be a valid array"),
        ("most-sold", 3, "should be a valid string"),
    ],
)
def test_an_answer_of_another_type_is_sent_back_and_a_wrong_one_scores_nothing(
    kind, wrong, complaint
):
    task = next(t for t in DOMAIN.tasks("dev") if t.data["kind"] == kind)
    assert complaint in DOMAIN.complaint(task, Answer(value=wrong))
    assert DOMAIN.score(task, None, Answer(value=wrong)).value == 0
    gold = DOMAIN.gold_answer(task).value
    changed = {int: lambda: gold + 1, str: lambda: gold + "x", list: lambda: [*gold, "C999"],
               dict: lambda: gold | {"lost": 1}}[type(gold)]()  # fmt: skip
    assert DOMAIN.complaint(task, Answer(value=changed)) is None
    assert DOMAIN.score(task, None, Answer(value=changed)).value == 0


def test_a_sum_is_right_to_the_cent():
    task = next(t for t in DOMAIN.tasks("dev") if t.data["kind"] == "revenue")
    gold = DOMAIN.gold_answer(task).value
    assert DOMAIN.score(task, None, Answer(value=gold + 1e-9)).solved
    assert not DOMAIN.score(task, None, Answer(value=gold + 0.01)).solved
    assert not DOMAIN.score(task, None, None).solved


def test_reading_without_care_seldom_helps():
    scores = [play_baseline(DOMAIN, task).score.value for task in DOMAIN.tasks("dev")]
    assert 0 < sum(scores) < len(scores) / 4


async def test_a_task_is_what_replplan_plan_does_with_its_files():
    """The cells of a demonstration answer the same in a plan of the user's own."""
    demonstration = read_demonstration(DOMAIN.demos / "root" / "1-csv.ipynb")
    task = DOMAIN.task(demonstration.about["task"])
    model = ScriptedModel([f"```python\n{code}\n```" for code, _ in demonstration.turns])
    result = await plan(task.goal, files=DOMAIN.files(task), answer_type=float, model=model)
    assert (result.answer, result.stop_reason) == (DOMAIN.gold_answer(task).value, "answered")


def test_an_unknown_split_is_told_of():
    with pytest.raises(ConfigError, match="tables has no split 'tets'; choose one of train, dev"):
        DOMAIN.tasks("tets")
