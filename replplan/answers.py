"""Answers of a type that was asked for: told of, validated, and sent back where they do not fit."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from replplan.cell import Answer
from replplan.errors import ConfigError
from replplan.events import AnswerRefused
from replplan.prompt import say

if TYPE_CHECKING:
    from replplan.session import Session
    from replplan.tree import Tree


class WrongAnswer(ValueError):
    """An answer is not of the type; the message says why, for the model that gave it."""


class AnswerType:
    """A type that pydantic can validate, as the type of a plan's answer."""

    def __init__(self, wanted: Any) -> None:
        """Take a type.

        Raises:
            ConfigError: it is none, or none whose values have a form in JSON.
        """
        from pydantic import TypeAdapter
        from pydantic.errors import PydanticUserError

        try:
            self._adapter: TypeAdapter[Any] = TypeAdapter(wanted)
            self._schema = self._adapter.json_schema()
        except (PydanticUserError, NameError, TypeError) as error:
            said = str(error).partition("\n")[0].partition(". ")[0].rstrip(".")
            raise ConfigError(
                f"answer_type {wanted!r} is no type that an answer can be held to ({said}): give "
                "one such as int, list[str], or a pydantic model."
            ) from error

    @cached_property
    def told(self) -> str:
        """What a model is told of it."""
        return say("answer_type", schema=json.dumps(self._schema, ensure_ascii=False))

    def read(self, answer: Answer, strict: bool = False) -> Any:
        """The answer as a value of the type.

        Args:
            answer: the answer.
            strict: "1", 1.0 and True are no 1.

        Raises:
            WrongAnswer: it is none.
        """
        from pydantic import ValidationError

        if not answer.exact:
            kind = answer.kind + (" that is not finite" if answer.kind.endswith("float") else "")
            raise WrongAnswer(
                f"it is a {kind}; give numbers, texts, lists and dicts, or a model of them"
            )
        try:
            return self._adapter.validate_json(json.dumps(answer.value), strict=strict)
        except ValidationError as error:
            wrong = error.errors(include_url=False)
            lines = [f"{_where(w['loc'])}{w['msg']}" for w in wrong[:_TOLD]]
            raise WrongAnswer("; ".join(lines)) from error
        except Exception as error:  # of a validator that did not think of such an answer
            raise WrongAnswer(f"{type(error).__name__}: {error}") from error


_TOLD = 10


def _where(place: tuple[int | str, ...]) -> str:
    return "".join(f"[{part!r}]" for part in place) + ": " if place else ""


def judge(session: Session, tree: Tree) -> None:
    """Take back an answer of the root whose form the domain does not take, to be mended."""
    answer = session.answer
    if answer is None or session.parent is not None:
        return
    complaint = tree.domain.complaint(tree.task, answer)
    if complaint is not None:
        session.answer = None
        session.tell(say("answer_refused", complaint=complaint))
        tree.emit(AnswerRefused(session=session.id, answer=answer, reason=complaint))
