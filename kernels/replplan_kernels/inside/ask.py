"""`ask`: a fuzzy question to the model, with a typed and validated answer."""

from __future__ import annotations

import json
import sys
from typing import Any

from replplan_kernels.inside.functions import CellFunction
from replplan_kernels.inside.json_form import json_form, safe_repr
from replplan_kernels.inside.kinds import NotValidError, kind_of
from replplan_kernels.inside.link import Link
from replplan_kernels.inside.repl import Repl
from replplan_kernels.inside.unwinding import AskError

ATTEMPTS = 3


class Ask(CellFunction):
    """`ask(question, *context, choices=None, type=str)`, of one REPL."""

    __name__ = __qualname__ = "ask"

    def __init__(self, link: Link, repl: Repl) -> None:
        super().__init__(link)
        self._repl = repl

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
            context: what it is about: texts as they are, all else as text.
            choices: the values of which one is to be chosen; with `type=list`, any number.
            type: str, bool, int, float, a pydantic model, a list of these, or another type that
                pydantic can validate.

        Raises:
            AskError: the model gave no valid answer in three replies.
            TypeError: the question is no text, or the type cannot be asked for.
        """
        if not isinstance(question, str):
            raise TypeError(f"ask() takes its question as text, not a {_name(question)}")
        kind, texts = kind_of(type, choices), [readable(value) for value in context]
        history = list[list[str]]()
        for _ in range(ATTEMPTS):
            reply = self._reply([question, texts, kind.schema, history])
            try:
                return kind.read(reply)
            except NotValidError as error:
                history.append([reply, str(error)])
        raise AskError(
            f"no valid {kind.name} in {ATTEMPTS} replies to {question[:200]!r}; "
            f"of the last one, {history[-1][0][:200]!r}: {history[-1][1]}"
        )

    def _reply(self, args: list[Any]) -> str:
        frame = {"call": "ask", "repl": self._repl.number, "args": args, "kwargs": {}}
        reply = self._link.call(frame)
        if not isinstance(reply, str):
            raise AskError("the host's reply was no text")
        return reply


def readable(value: Any) -> str:
    """A value as text for a model: tables as tables, plain data as JSON, all else by its repr."""
    if isinstance(value, str):
        return str.__str__(value)
    pandas = sys.modules.get("pandas")
    if pandas and isinstance(value, pandas.DataFrame | pandas.Series):
        return str(value.to_string())
    try:
        return json.dumps(json_form(value), ensure_ascii=False)
    except Exception:  # noqa: BLE001 - a value of a cell's own class may raise anything
        return safe_repr(value)


def _name(value: object) -> str:
    return type(value).__name__
