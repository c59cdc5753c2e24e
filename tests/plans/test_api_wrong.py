"""Wrong use from Python: one sentence, before anything is started."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from plans import script

from replplan import open_kernel, plan, plan_sync, tool
from replplan.errors import ConfigError


def act(x):
    """A name that cells have from us."""


def lookup(x):
    return x


def other():
    return lookup


_lock = threading.Lock()


def holds_a_lock():
    return _lock


class Unknown:
    pass


async def _async_sink(event):
    pass


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"tools": [int]}, r"the function 'int' has no signature to tell the model of"),
        ({"tools": [lookup, tool(lookup)]}, "two functions are called 'lookup'"),
        ({"tools": [act]}, "'act' has the name of a call that cells have"),
        ({"tools": lookup}, r"tools is a list of functions, such as \[lookup\]"),
        ({"tools": ["lookup"]}, "'lookup' has no name to call it by"),
        ({"tools": [lambda x: x]}, "has no name to call it by"),
        ({"tools": [tool(holds_a_lock, in_kernel=True)]}, "'holds_a_lock' cannot be copied"),
        ({"files": ["nowhere.csv"]}, r"nowhere.csv cannot be read"),
        ({"files": ["."]}, "is a folder"),
        ({"values": {"a b": 1}}, "a value cannot be called 'a b'"),
        ({"values": {"answer": 1}}, "'answer' has the name of a call"),
        (
            {"values": {"lookup": 1}, "tools": [lookup]},
            "a value and a function are called 'lookup'",
        ),
        ({"values": [1]}, "values is a dict"),
        ({"answer_type": Unknown}, r"schema for <class '.*Unknown'>\): give one such as int"),
        ({"answer_type": Callable[[int], int]}, "is no type that an answer can be held to"),
        ({"answer_type": 3}, "answer_type 3 is no type"),
        ({"model": 42}, 'model is a name, such as "local" or "gpt-5-mini", or a Model, not 42'),
        ({"limits": {"seconds": 3}}, r"such as Limits\(seconds=60\)"),
        ({"limit": 3}, "no option 'limit'; did you mean limits"),
        ({"on_event": _async_sink}, "called, not awaited"),
        ({"on_event": 3}, "a plain function of one event"),
        ({"demos": "nowhere"}, "there is no folder nowhere of demonstrations"),
        ({"isolation": "strong"}, "isolation is 'auto' or 'none'"),
    ],
)
async def test_wrong_options_are_named(options, sentence):
    with pytest.raises(ConfigError, match=sentence) as raised:
        await plan("a goal", **{"model": script(root=[])} | options)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("goal", ["", "  ", None])
async def test_a_goal_is_needed(goal):
    with pytest.raises(ConfigError, match="a plan needs a goal"):
        await plan(goal, model=script(root=[]))


async def test_a_kernel_that_is_open_was_opened_with_its_options():
    async with open_kernel() as kernel:
        with pytest.raises(ConfigError, match="the kernel is open already: network"):
            await plan("a goal", model=script(root=[]), kernel=kernel, network=True)


@pytest.mark.parametrize("at", ["plan_started", "cell_finished", "plan_finished"])
async def test_what_on_event_raises_ends_the_plan_and_is_raised(at):
    told = []

    def on_event(event):
        told.append(event.type)
        if event.type == at:
            raise ZeroDivisionError("of a user's")

    with pytest.raises(ZeroDivisionError, match="of a user's"):
        await plan("a goal", model=script(root=["1", "answer(2)"]), on_event=on_event)
    assert told[-1] == at


def test_what_plan_sync_raises_has_no_other_error_before_it():
    with pytest.raises(ConfigError) as raised:
        plan_sync("a goal", model=42)
    assert raised.value.__context__ is None


def test_plan_sync_in_a_thread_of_a_running_loop():
    async def main():
        return await asyncio.to_thread(plan_sync, "a goal", model=script(root=["answer(1)"]))

    assert asyncio.run(main()).answer == 1
