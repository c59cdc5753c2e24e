"""`ask`: a fuzzy question to the model, with a typed and validated answer."""

from __future__ import annotations

import json
import sys
from typing import Any

from replplan_kernels.inside.functions import CellFunction
from replplan_kernels.inside.images import image_of
from replplan_kernels.inside.json_form import json_form, safe_repr
from replplan_kernels.inside.kinds import Kind, NotValidError, kind_of
from replplan_kernels.inside.link import Link
from replplan_kernels.inside.repl import Repl
from replplan_kernels.inside.unwinding import AskError

ATTEMPTS = 3

Part = str | dict[str, str]
"""A piece of a question's context as it crosses the link: text, or a picture."""

Stage = tuple[str, int, int]
"""Which question of several about one long text it is: "part", "note" or "combine"; its number;
how many parts there are."""


class Asking:
    """How the cells of one REPL ask.

    `room` is how many characters of context one question may bring with it.
    """

    def __init__(self, link: Link, repl: Repl, room: int) -> None:
        self.link, self.repl, self.room = link, repl, room

    def ask(
        self, question: str, context: list[Part], kind: Kind, stage: Stage | None = None
    ) -> Any:
        """Ask, and ask again where the reply does not fit.

        Raises:
            AskError: the model gave no valid answer in three replies.
        """
        history = list[list[str]]()
        for _ in range(ATTEMPTS):
            args = [question, context, kind.schema, history]
            reply = self._reply([*args, list(stage)] if stage else args)
            try:
                return kind.read(reply)
            except NotValidError as error:
                history.append([reply, str(error)])
        raise AskError(
            f"no valid {kind.name} in {ATTEMPTS} replies to {question[:200]!r}; "
            f"of the last one, {history[-1][0][:200]!r}: {history[-1][1]}"
        )

    def _reply(self, args: list[Any]) -> str:
        frame = {"call": "ask", "repl": self.repl.number, "args": args, "kwargs": {}}
        reply = self.link.call(frame)["value"]
        if not isinstance(reply, str):
            raise AskError("the host's reply was no text")
        return reply


class Ask(CellFunction):
    """`ask(question, *context, choices=None, type=str)`, of one REPL."""

    __name__ = __qualname__ = "ask"

    def __init__(self, asking: Asking) -> None:
        super().__init__(asking.link)
        self._asking = asking

    def __call__(
        self,
        question: str,
        *context: Any,
        choices: Any = None,
        type: Any = str,  # noqa: A002 - what cells write
    ) -> Any:
        """Ask the model.

        Args:
            question: in plain words.
            context: what it is about: texts as they are, pictures where the model can see, all
                else as text.
            choices: the values of which one is to be chosen; with `type=list`, any number.
            type: str, bool, int, float, a pydantic model, a list of these, or another type that
                pydantic can validate.

        Raises:
            AskError: the model gave no valid answer in three replies.
            TypeError: the question is no text, the type cannot be asked for, or there is a
                picture and the model takes none.
        """
        check_question("ask", question)
        return self._asking.ask(question, readable_all(context), kind_of(type, choices))


def check_question(name: str, question: Any) -> None:
    """Raises `TypeError` if it is no text."""
    if not isinstance(question, str):
        kind = type(question).__name__
        raise TypeError(f"{name}() takes its question as text, not a {kind}")


def readable_all(values: tuple[Any, ...]) -> list[Part]:
    """Each as `readable` gives it."""
    return [readable(value) for value in values]


def readable(value: Any) -> Part:
    """A value for a model: tables as tables, plain data as JSON, pictures, all else by its repr."""
    if isinstance(value, str):
        return str.__str__(value)
    pandas = sys.modules.get("pandas")
    if pandas and isinstance(value, pandas.DataFrame | pandas.Series):
        return str(value.to_string())
    try:
        return json.dumps(json_form(value), ensure_ascii=False)
    except Exception:  # noqa: BLE001 - a value of a cell's own class may raise anything
        return image_of(value) or safe_repr(value)
