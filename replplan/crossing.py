"""Values of the host on their way into a kernel: as JSON where that says the same, else pickled.

The other way there is JSON alone: the host never unpickles what a kernel sent.
"""

from __future__ import annotations

import io
import math
import pickle
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from replplan.carried import Pickled
from replplan.record import Json

LARGEST = 40 << 20
"""Bytes that one call may bring into a kernel."""

_SCALARS = (bool, int, str, type(None))
_registry = threading.RLock()


class CannotCross(Exception):
    """A value cannot be handed to a kernel; the message says why."""


def cross(value: Any) -> Json | Pickled:
    """A value as a kernel is to be sent it.

    Raises:
        CannotCross: it has no form in which it can be sent, or is too large.
    """
    if is_json(value):
        return value
    plain, has_plain = _plain(value)
    try:
        data = freeze(value)
    except CannotCross:
        if not has_plain:
            raise
        return plain
    if len(data) > LARGEST:
        raise CannotCross(
            f"it takes {len(data) / 1e6:,.0f} MB, and one call brings {LARGEST / 1e6:.0f} at most"
        )
    return Pickled(data, type(value).__name__, plain, has_plain)


def is_json(value: Any) -> bool:
    """Whether JSON gives back this very value: of Python's own types, and finite."""
    kind = type(value)
    if kind in _SCALARS:
        return True
    if kind is float:
        return math.isfinite(value)
    if kind is list:
        return all(map(is_json, value))
    return kind is dict and all(type(k) is str and is_json(v) for k, v in value.items())


def _plain(value: Any) -> tuple[Json, bool]:
    """The value in JSON, and whether it has such a form."""
    from pydantic_core import PydanticSerializationError, to_jsonable_python

    try:
        return to_jsonable_python(value, inf_nan_mode="null"), True
    except (PydanticSerializationError, UnicodeDecodeError, RecursionError):
        return None, False


def in_json(value: Json | Pickled) -> Json:
    """What was sent to a kernel, for records: in JSON, or else the name of its type."""
    if not isinstance(value, Pickled):
        return value
    return value.plain if value.has_plain else f"<{value.kind}>"


def freeze(value: Any) -> bytes:
    """The value, pickled by Python's own rules: of its classes nothing but the names goes along.

    Raises:
        CannotCross: it cannot be pickled, or holds something of a module that is the user's own,
            which a kernel cannot import.
    """
    buffer = io.BytesIO()
    try:
        _Plain(buffer, protocol=5).dump(value)
        return buffer.getvalue()
    except CannotCross:
        raise
    except Exception as error:  # whatever a class of the user's raises when it is pickled
        raise CannotCross(f"{type(error).__name__}: {error}") from error


class _Plain(pickle.Pickler):
    """Refuses by name what a kernel could not import."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, type | FunctionType):
            module = sys.modules.get(value.__module__ or "")
            if module is not None and not _shared(module):
                raise CannotCross(
                    f"{value.__qualname__} is of the module {module.__name__}, which the cells' "
                    "Python cannot import"
                )
        return NotImplemented


def freeze_function(function: Callable[..., Any]) -> bytes:
    """A function and all that it refers to: what is of the user's own modules goes along whole.

    Raises:
        CannotCross: something that it refers to cannot be pickled.
    """
    buffer = io.BytesIO()
    try:
        _pickler()(buffer, protocol=5).dump(function)
    except Exception as error:  # as above
        raise CannotCross(f"{type(error).__name__}: {error}") from error
    return buffer.getvalue()


@cache
def _pickler() -> type[Any]:
    import cloudpickle  # type: ignore[import-untyped]

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        """Takes along what a kernel, which sees none of the user's own files, cannot import."""

        def reducer_override(self, value: Any) -> Any:
            name = getattr(value, "__module__", None)
            module = sys.modules.get(name) if isinstance(name, str) else None
            if not isinstance(value, type | FunctionType) or module is None or _shared(module):
                return super().reducer_override(value)
            with _by_value(module):
                return super().reducer_override(value)

    return Pickler


@contextmanager
def _by_value(module: ModuleType) -> Iterator[None]:
    """Have cloudpickle take what is made in a module along whole, for a moment only."""
    import cloudpickle

    with _registry:
        known = module.__name__ in cloudpickle.list_registry_pickle_by_value()
        if not known:
            cloudpickle.register_pickle_by_value(module)
        try:
            yield
        finally:
            if not known:
                cloudpickle.unregister_pickle_by_value(module)


def _shared(module: ModuleType) -> bool:
    """Whether kernels can import it as well: it is installed, or comes with Python."""
    file = getattr(module, "__file__", None)
    if module.__name__ == "__main__":
        return False
    return file is None or any(map(Path(file).is_relative_to, _installed()))


@cache
def _installed() -> tuple[str, ...]:
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    return tuple({sysconfig.get_path(name) for name in names})
