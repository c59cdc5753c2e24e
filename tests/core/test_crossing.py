"""Values on their way into a kernel."""

from __future__ import annotations

import json
import math
import pickle
import subprocess
import sys
import threading

import cloudpickle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replplan.carried import Pickled
from replplan.crossing import CannotCross, cross, freeze, freeze_function, in_json, is_json

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
KEYS = st.text() | st.integers() | st.tuples(st.booleans())
VALUES = st.recursive(
    SCALARS | st.binary() | st.dates() | st.complex_numbers(allow_nan=False),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(KEYS, inner),
    max_leaves=10,
)
FACTOR = 3


class Own:
    """A class that no kernel can import."""

    def __reduce__(self):
        return Own, ()


def scale(x):
    return _times(x, FACTOR)


def _times(x, y):
    return x * y


def arrived(value):
    """What a kernel makes of what it is sent."""
    sent = cross(value)
    return pickle.loads(sent.data) if isinstance(sent, Pickled) else json.loads(json.dumps(sent))


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(map(same, a.values(), b.values()))
    return a == b


@given(VALUES)
def test_every_value_arrives_as_what_it_is(value):
    assert same(arrived(value), value)
    json.dumps(in_json(cross(value)))


def test_what_json_would_change_is_pickled():
    for value in (math.nan, (1,), {1: 2}, {1}, True + 0j):
        assert not is_json(value)
        assert isinstance(cross(value), Pickled)


def test_a_class_of_the_users_own_is_refused_wherever_it_is():
    for value in (Own(), [Own()], {"a": (Own,)}, scale):
        with pytest.raises(CannotCross, match="of the module test_crossing"):
            freeze(value)
    with pytest.raises(CannotCross, match="pickle"):
        freeze(threading.Lock())


def test_a_function_takes_along_what_it_refers_to():
    before = cloudpickle.list_registry_pickle_by_value()
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer)(2))"
    done = subprocess.run(
        [sys.executable, "-c", code], input=freeze_function(scale), capture_output=True
    )
    assert done.stdout == b"6\n", done.stderr
    assert cloudpickle.list_registry_pickle_by_value() == before
