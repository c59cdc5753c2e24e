"""Values handed into the kernel, files, answers of a type, instructions and demonstrations."""

from __future__ import annotations

import datetime
import enum
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy
import pandas
import pytest
from notebooks import opening
from plans import script
from pydantic import BaseModel, field_validator

from replplan import Limits, plan
from replplan.errors import ConfigError
from replplan.trace import read_trace


class Region(BaseModel):
    name: str
    fall: float


@dataclass
class Point:
    x: int
    y: int


class Colour(enum.Enum):
    RED = "red"


def prompt_of(model):
    return model.requests[0].messages[0].content


async def test_values_are_bound_as_copies_and_told_of():
    table = pandas.DataFrame({"region": ["n", "s"], "sales": [3, 4]})
    rows = [1, 2, 3]
    model = script(
        root=[
            "rows.append(4)\ndf['sales'] += 1",
            "answer([int(df.sales.sum()), rows, float(a[1])])",
        ]
    )
    values = {"df": table, "rows": rows, "a": numpy.arange(3) / 2}
    result = await plan("a goal", model=model, values=values)
    assert result.answer == [9, [1, 2, 3, 4], 0.5]
    assert rows == [1, 2, 3]
    assert int(table.sales.sum()) == 7
    assert "- df: DataFrame, 2 x 2, columns: region, sales" in prompt_of(model)
    assert "- rows: list of 3, [1, 2, 3]" in prompt_of(model)
    assert "- a: ndarray, 3 of float64" in prompt_of(model)


async def test_a_value_that_cells_could_not_load_is_named(tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("class Thing: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    import only_here

    with pytest.raises(ConfigError, match=r"'thing' cannot be handed .* of the module only_here"):
        await plan("a goal", model=script(root=[]), values={"thing": [only_here.Thing()]})


@pytest.mark.parametrize(
    ("wanted", "given", "answer"),
    [
        (int, "7", 7),
        (list[Region], "[{'name': 'n', 'fall': 1}]", [Region(name="n", fall=1)]),
        (Point, "{'x': 1, 'y': 2}", Point(1, 2)),
        (datetime.date, "'2026-03-01'", datetime.date(2026, 3, 1)),
        (tuple[int, str], "(1, 'a')", (1, "a")),
        (Colour, "'red'", Colour.RED),
        (Literal["up", "down"] | None, "None", None),
        (dict[int, float], "{'1': 2}", {1: 2.0}),
    ],
)
async def test_an_answer_is_of_the_type_that_was_asked_for(wanted, given, answer):
    model = script(root=[f"answer({given})"])
    result = await plan("a goal", model=model, answer_type=wanted)
    assert (result.answer, type(result.answer)) == (answer, type(answer))
    assert "has to fit this JSON schema" in prompt_of(model)
    assert result.model_dump_json()


async def test_a_model_repairs_an_answer_of_the_wrong_type():
    model = script(
        root=["answer({'name': 'n'})", "answer(object)", "answer({'name': 'n', 'fall': 2})"]
    )
    result = await plan("a goal", model=model, answer_type=Region)
    assert result.answer == Region(name="n", fall=2)
    told = [r.messages[-1].content for r in model.requests]
    assert "This answer was not taken: ['fall']: Field required." in told[1]
    assert "This answer was not taken: it is a type;" in told[2]
    refused = [e for e in read_trace(Path(result.trace)) if e.type == "answer_refused"]
    assert refused[0].answer.value == {"name": "n"}


class Placed(BaseModel):
    """Has a validator that falls over what it did not think of."""

    places: dict[str, int]

    @field_validator("places")
    @classmethod
    def has_a_home(cls, places):
        return {"home": places["home"]}


async def test_an_answer_that_a_validator_falls_over_is_mended_too():
    model = script(root=["answer({'places': {}})", "answer({'places': {'home': 1}})"])
    result = await plan("a goal", model=model, answer_type=Placed)
    assert result.answer == Placed(places={"home": 1})
    assert "This answer was not taken: KeyError: 'home'." in model.requests[1].messages[-1].content


async def test_of_an_answer_that_is_no_finite_number_a_model_is_told_just_that():
    model = script(root=["answer(float('nan'))", "answer([1, float('inf')])", "answer([2.5])"])
    assert (await plan("a goal", model=model, answer_type=list[float])).answer == [2.5]
    told = [r.messages[-1].content for r in model.requests]
    assert "it is a float that is not finite;" in told[1]
    assert "it is a list that holds a float that is not finite;" in told[2]


async def test_a_wrong_answer_again_and_again_is_none():
    model = script(root=["answer('x')"] * 3)
    result = await plan("a goal", model=model, answer_type=int, limits=Limits(turns=3))
    assert (result.answer, result.stop_reason) == (None, "limit:turns")


async def test_answers_of_children_are_the_childs_own():
    model = script(root=["answer(len(child()))"], child=["answer('four')"])
    assert (await plan("a goal", model=model, answer_type=int)).answer == 4


async def test_instructions_and_demonstrations_enter_the_prompt(tmp_path):
    opening(tmp_path, "root", "one", "An earlier goal", domain="notebook")
    model = script(root=["answer(1)"])
    await plan("a goal", model=model, instructions="Round to two places.", demos=tmp_path)
    told = model.requests[0].messages
    assert "Round to two places." in told[0].content
    assert "An earlier goal" in told[1].content


async def test_a_file_of_ten_gigabytes_is_shown_and_not_copied(tmp_path):
    path = tmp_path / "huge.bin"
    with path.open("wb") as file:
        file.write(b"begin")
        file.truncate(10 << 30)
    model = script(
        root=["import os\nanswer([os.path.getsize('huge.bin'), open('huge.bin', 'rb').read(5)[0]])"]
    )
    result = await plan("a goal", model=model, files=[path], limits=Limits(seconds=60))
    assert result.answer == [10 << 30, ord("b")]
    assert "- huge.bin (10.7 GB)" in prompt_of(model)


async def test_a_file_of_ten_gigabytes_is_not_copied_where_there_are_no_walls(tmp_path):
    path = tmp_path / "huge.bin"
    with path.open("wb") as file:
        file.truncate(10 << 30)
    result = await plan("a goal", model=script(root=[]), files=[path], isolation="none")
    assert result.stop_reason == "failed"
    assert "huge.bin has 10.7 GB" in result.error
    assert "mount" in result.error


async def test_what_cannot_be_pickled_is_named():
    with pytest.raises(ConfigError, match="the value 'lock' cannot be handed to the kernel"):
        await plan("a goal", model=script(root=[]), values={"lock": threading.Lock()})
