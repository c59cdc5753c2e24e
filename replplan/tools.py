"""Functions of the user's that cells may call: checked, and called with typed arguments."""

from __future__ import annotations

import functools
import inspect
import keyword
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from replplan.carried import Pickled
from replplan.crossing import CannotCross, cross
from replplan.errors import ConfigError
from replplan.kernel import CallError
from replplan.record import Json
from replplan.threads import in_thread

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Function = Callable[..., Any]

OURS = frozenset(
    {
        *("act", "get_obs", "get_args", "answer", "ask", "AskError", "subtask", "SubtaskFailed"),
        *("Limits", "history", "get_ipython", "__subtask__"),
    }
)
"""The names that cells have from us, which nothing of the user's may take."""

_SHOWN = 100
_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Tool:
    """A function with what is to be known of it beside its signature. Made by `tool`.

    Attributes:
        function: the function.
        in_kernel: it goes into the kernel and runs there, instead of here.
    """

    def __init__(self, function: Function, in_kernel: bool = False) -> None:
        self.function, self.in_kernel = function, in_kernel
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        return self.function(*args, **kwargs)


@overload
def tool(function: Function, *, in_kernel: bool = False) -> Tool: ...
@overload
def tool(*, in_kernel: bool = False) -> Callable[[Function], Tool]: ...
def tool(
    function: Function | None = None, *, in_kernel: bool = False
) -> Tool | Callable[[Function], Tool]:
    """A function for `tools`, with more said about it; also as a decorator.

    Args:
        function: the function. Its name, signature and docstring are what the model is told.
        in_kernel: it is pure and may run in the cells' own process: it is copied there with
            all that it refers to, and takes and returns any object. Without, it runs here, where
            its secrets stay.
    """
    if function is None:
        return lambda function: Tool(function, in_kernel)
    return Tool(function, in_kernel)


def check_tools(functions: Iterable[Function]) -> tuple[Function, ...]:
    """The functions, each of which cells can call by its own name.

    Raises:
        ConfigError: one is not callable, or has no name or no signature; its name is taken by
            another, or by what cells have from us.
    """
    if callable(functions) or isinstance(functions, str):
        raise ConfigError(f"tools is a list of functions, such as [{_name(functions) or 'lookup'}]")
    checked: dict[str, Function] = {}
    for function in functions:
        name = _name(function)
        if not callable(function) or not name.isidentifier() or keyword.iskeyword(name):
            raise ConfigError(
                f"{function!r} has no name to call it by: give a function made by def."
            )
        check_name(name, "the function")
        if name in checked:
            raise ConfigError(f"two functions are called {name!r}: rename one of them.")
        _check_signature(function, name)
        checked[name] = function
    return tuple(checked.values())


def check_name(name: str, what: str) -> None:
    """See to it that a name is none that cells have from us.

    Raises:
        ConfigError: it is; `what` says whose name it was to be.
    """
    if name in OURS:
        raise ConfigError(f"{what} {name!r} has the name of a call that cells have: rename it.")


def _name(function: object) -> str:
    name = getattr(function, "__name__", "")
    return name if isinstance(name, str) else ""


def _check_signature(function: Function, name: str) -> None:
    try:
        str(inspect.signature(function))
    except Exception as error:
        raise ConfigError(
            f"the function {name!r} has no signature to tell the model of: wrap it in a function "
            "made by def, with its parameters and their types."
        ) from error


def in_kernel(function: Function) -> bool:
    """Whether a function is to run in the cells' own process."""
    return isinstance(function, Tool) and function.in_kernel


def reader(function: Function) -> Function:
    """Reads the arguments of a call by the function's own signature and types.

    It is called as the function would be, and returns `(args, kwargs)` as the function takes them.
    Where pydantic makes nothing of the types, the arguments are left as they come.
    """
    from pydantic import ConfigDict, validate_call

    signature = inspect.signature(function)

    def form(*args: Any, **kwargs: Any) -> Any:
        return args, kwargs

    def plain(*args: Any, **kwargs: Any) -> Any:
        signature.bind(*args, **kwargs)
        return args, kwargs

    functools.update_wrapper(form, function)
    try:
        return validate_call(config=ConfigDict(arbitrary_types_allowed=True))(form)
    except Exception:  # noqa: BLE001 whatever an annotation raises that is for type checkers alone
        return plain


@dataclass(frozen=True)
class Offer:
    """A function as the host calls it for cells."""

    function: Function

    @functools.cached_property
    def name(self) -> str:
        """What cells call it by."""
        return _name(self.function)

    @functools.cached_property
    def _read(self) -> Function:
        return reader(self.function)

    def read(
        self, args: list[Json], kwargs: dict[str, Json]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of a call out of a cell, as the types of the signature say.

        Raises:
            CallError: they do not fit, which is the cell's TypeError.
        """
        from pydantic import ValidationError

        try:
            read: tuple[tuple[Any, ...], dict[str, Any]] = self._read(*args, **kwargs)
        except ValidationError as error:
            wrong = "; ".join(self._complaint(e) for e in error.errors(include_url=False))
            raise CallError("TypeError", f"{self.name}(): {wrong}") from error
        except TypeError as error:
            raise CallError("TypeError", f"{self.name}(): {error}") from error
        return read

    async def call(self, args: list[Json], kwargs: dict[str, Json]) -> Json | Pickled:
        """Call it: in a thread of its own, or awaited where it is async.

        Returns:
            What it returned, as a kernel is to be sent it.

        Raises:
            CallError: the arguments do not fit, or the result cannot be handed to a kernel.
            Exception: what the function raised.
        """
        by_position, by_name = self.read(args, kwargs)
        work = functools.partial(self.function, *by_position, **by_name)
        value = (
            await work() if inspect.iscoroutinefunction(self.function) else await in_thread(work)
        )
        if inspect.isawaitable(value):
            value = await value
        if value is None or type(value) in (bool, int, str):
            return value
        try:
            return await in_thread(lambda: cross(value))
        except CannotCross as error:
            what = f"{self.name}() returned a {type(value).__name__}"
            message = f"{what}, which cannot be handed to the kernel: {error}"
            raise CallError("TypeError", message) from error

    def _complaint(self, wrong: ErrorDetails) -> str:
        first, *inner = wrong["loc"] or ("",)
        where = "".join([self._parameter(first), *(f"[{part!r}]" for part in inner)])
        said = wrong["msg"].removeprefix("Input ")
        if wrong["type"].startswith(("missing", "unexpected", "multiple")):
            return f"{where}: {said[0].lower()}{said[1:]}"
        given = repr(wrong["input"])
        return f"{where} {said}, not {given if len(given) <= _SHOWN else given[:_SHOWN] + '...'}"

    def _parameter(self, which: int | str) -> str:
        """A parameter's name, or the number of the argument."""
        if isinstance(which, str):
            return which
        parameters = list(inspect.signature(self.function).parameters.values())[: which + 1]
        if len(parameters) > which and parameters[-1].kind in _BY_POSITION:
            return parameters[-1].name
        return f"argument {which + 1}"
