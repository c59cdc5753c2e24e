"""From a good run to demonstrations: its sessions, scrubbed, as notebooks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from replplan.errors import ConfigError
from replplan.pool.notebook import make_notebook
from replplan.pool.places import Place, repl_folder
from replplan.pool.recorded import RecordedPlan, RecordedSession
from replplan.pool.scrub import Scrubber
from replplan.record import Json

_FILE_NAME = re.compile(r"\w[\w.-]*")
_LONGEST = 60
_IMAGE = "image/"


@dataclass(frozen=True)
class Draft:
    """A demonstration that is yet to be written.

    Attributes:
        session: the session's id in its trace.
        path: where it goes.
        text: the notebook.
        turns: how many cells it holds.
        scrubbed: how much of what kind was taken out.
    """

    session: str
    path: Path
    text: str
    turns: int
    scrubbed: Counter[str]

    @property
    def replaces(self) -> bool:
        """Whether something else is there already."""
        try:
            return self.path.read_text(encoding="utf-8") != self.text
        except FileNotFoundError:
            return False
        except (OSError, UnicodeDecodeError):
            return True

    def write(self) -> None:
        """Write it, the whole of it or nothing.

        Raises:
            ConfigError: it cannot be written.
        """
        part = self.path.with_suffix(".part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(self.text, encoding="utf-8")
            part.replace(self.path)
        except OSError as e:
            raise ConfigError(f"{self.path} cannot be written: {e.strerror}") from e
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def draft(
    plan: RecordedPlan, sessions: Iterable[RecordedSession], place: Place, name: str | None = None
) -> list[Draft]:
    """The notebooks of sessions.

    Args:
        plan: the trace that they are from.
        sessions: which.
        place: where they are to go.
        name: the name of their files; by default that of the task.

    Raises:
        ConfigError: that cannot be the name of a file, or of a REPL.
    """
    if name is not None and not _FILE_NAME.fullmatch(name):
        raise ConfigError(f"{name!r} is no name for a notebook: letters, digits, . _ and - alone")
    name = (name or _task_name(plan)).removesuffix(".ipynb")
    drafts: list[Draft] = []
    count = Counter[str]()
    for session in sessions:
        folder = repl_folder(place, session.opened.name)
        count[session.opened.name] += 1
        number = count[session.opened.name]
        path = folder / f"{name}{f'-{number}' if number > 1 else ''}.ipynb"
        text, scrubbed = _notebook(plan, session)
        drafts.append(Draft(session.id, path, text, session.good, scrubbed))
    return drafts


def _notebook(plan: RecordedPlan, session: RecordedSession) -> tuple[str, Counter[str]]:
    import nbformat

    scrub = Scrubber()
    notebook = make_notebook(
        session.opening, session.turns[: session.good], session.told, _about(plan, session)
    )
    for cell in notebook.cells:
        cell.source = (scrub.code if cell.cell_type == "code" else scrub.text)(cell.source)
        for output in cell.get("outputs", ()):
            for key in output.keys() - {"data"}:
                output[key] = scrub.values(output[key])
            for mime in output.get("data", {}):
                if not mime.startswith(_IMAGE):
                    output.data[mime] = scrub.values(output.data[mime])
    notebook.metadata["replplan"] = scrub.values(notebook.metadata["replplan"])
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n", scrub.found  # type: ignore[no-untyped-call]


def _about(plan: RecordedPlan, session: RecordedSession) -> dict[str, Json]:
    started, opened = plan.started, session.opened
    return {
        "domain": started.domain,
        "repl": opened.name,
        "task": started.task,
        "call": opened.call,
        "comment": opened.comment,
        "args": list(opened.args),
        "model": started.model,
        "date": datetime.fromtimestamp(started.time, UTC).isoformat(timespec="seconds"),
    }


def _task_name(plan: RecordedPlan) -> str:
    """The task's id, or the goal's first words where there is but one task."""
    started = plan.started
    text = started.goal if started.task == started.split else started.task
    words = re.sub(r"[^\w.]+", "-", Scrubber().text(text)).strip("-._")
    return words[:_LONGEST].rstrip("-._") or "kept"
