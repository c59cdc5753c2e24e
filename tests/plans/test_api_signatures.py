"""What a model is told of functions whose signatures were written for people and type checkers."""

from __future__ import annotations

import datetime

import pytest
from plans import script

from replplan import plan
from replplan.errors import ConfigError

_MISSING = object()


def for_checkers(x: datetime.NoSuchClass, y: int = 1) -> str:
    return f"{x}{y}"


def no_union(x) -> str:
    return str(x)


no_union.__annotations__["x"] = "int | 'str'"


def no_python(x) -> str:
    return str(x)


no_python.__annotations__["x"] = "whatever it is"


@pytest.mark.parametrize("tool", [for_checkers, no_union, no_python])
async def test_an_annotation_that_cannot_be_read_is_no_obstacle(tool):
    model = script(root=[f"answer({tool.__name__}(3))"])
    result = await plan("a goal", model=model, tools=[tool])
    assert result.answer in ("31", "3"), result.error


async def test_a_default_without_a_name_is_told_every_time_the_same():
    def look(x=_MISSING, key=lambda x: x):
        return x

    model = script(root=["answer(look(3))"])
    assert (await plan("a goal", model=model, tools=[look])).answer == 3
    prompt = model.requests[0].messages[0].content
    assert "- look(x=<object object>, key=<function " in prompt
    assert " at 0x" not in prompt


async def test_a_default_that_cannot_be_shown_is_wrong_use():
    class Mute:
        def __repr__(self):
            raise ValueError("no words")

    def look(x=Mute()):  # noqa: B008
        return x

    with pytest.raises(ConfigError, match="'look' has no signature"):
        await plan("a goal", model=script(root=[]), tools=[look])
