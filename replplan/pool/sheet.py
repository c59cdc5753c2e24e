"""A notebook of the present format, read without the library that can read them all.

`nbformat` takes seconds to import where Jupyter's servers are installed, and every plan reads the
demonstrations first. What does not fit here it reads instead, and says what is wrong with it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, ValidationError

from replplan.record import Json, Record


def _whole(text: object) -> object:
    """Text that a notebook holds in lines."""
    return "".join(text) if isinstance(text, list) else text


Text = Annotated[str, BeforeValidator(_whole)]


class Output(Record):
    """What a cell gave; which fields there are goes by its type."""

    output_type: Literal["stream", "execute_result", "error", "display_data"]
    text: Text = ""
    data: dict[str, Annotated[Json, BeforeValidator(_whole)]] = {}
    ename: str = ""
    evalue: str = ""
    traceback: tuple[str, ...] = ()


class SheetCell(Record):
    """A cell: code with its outputs, or text."""

    cell_type: Literal["code", "markdown", "raw"]
    source: Text
    outputs: tuple[Output, ...] = ()


class Sheet(Record):
    """A notebook."""

    nbformat: Literal[4]
    metadata: dict[str, Json] = {}
    cells: tuple[SheetCell, ...]


def read_sheet(text: str) -> Sheet | None:
    """The notebook in a text; None where it has another form, or is none."""
    try:
        return Sheet.model_validate_json(text)
    except ValidationError:
        return None
