"""One cell under way, as the host sees it: its output, its clock, its end."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from pydantic import ValidationError

from replplan.cell import Answer, CellError, CellResult, Display, Rung
from replplan.errors import KernelError
from replplan.kernel import KernelOptions
from replplan.record import Record
from replplan_kernels.output import BoundedText
from replplan_kernels.spool import Spool

Stopped = Literal["timeout", "interrupt", "ended"]

_IDLE_SECONDS = 2.0
"""How long the end of the output is waited for when the cell is known to have ended."""

_DISPLAYS = 20
"""How many displays of one cell are kept."""

_DATA_LIMIT = 20_000_000
"""Characters of one display that are kept."""


class Ended(Record):
    """What the kernel says of a cell that has ended."""

    error: CellError | None = None
    answer: Answer | None = None
    stopped: bool = False
    plan_ended: bool = False
    number: int = 0


class Clock:
    """Counts the time in which a cell runs and waits for nobody. `expired` is done at its limit."""

    def __init__(self, limit: float | None) -> None:
        self.left = limit
        self.expired: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waits, self._began = 0, 0.0
        self._alarm: asyncio.TimerHandle | None = None

    def go(self) -> None:
        """Begin, or go on."""
        if self.left is not None and self._waits == 0:
            loop = asyncio.get_running_loop()
            self._began = loop.time()
            self._alarm = loop.call_later(self.left, self._expire)

    def _expire(self) -> None:
        if not self.expired.done():
            self.expired.set_result(None)

    def stop(self) -> None:
        """Stand still."""
        if self._alarm and self.left is not None:
            self._alarm.cancel()
            self._alarm = None
            self.left = max(0.0, self.left - (asyncio.get_running_loop().time() - self._began))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stand still meanwhile; may overlap with others."""
        self._waits += 1
        self.stop()
        try:
            yield
        finally:
            self._waits -= 1
            self.go()


class CellRun:
    """A cell from the moment it is sent until its result is made.

    `in_main` says whether it runs on the kernel's main thread, where SIGINT strikes.
    """

    def __init__(
        self,
        timeout: float | None,
        options: KernelOptions,
        on_output: Callable[[str], None] | None,
    ) -> None:
        self.id = uuid.uuid4().hex
        self.timeout, self.limit, self.on_output = timeout, options.output_limit, on_output
        self.clock = Clock(timeout)
        self.ended: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self.idle = asyncio.Event()
        self.stopped: Stopped | None = None
        self.rung: Rung | None = None
        self.in_main = True
        self.broken: Exception | None = None
        self.output, folder = BoundedText(self.limit), options.output_folder
        self.spool = Spool(folder / f"output-{self.id}.txt", self.limit) if folder else None
        self.value: str | None = None
        self.displays: list[Display] = []
        self.began = time.monotonic()

    def twin(self, options: KernelOptions) -> CellRun:
        """The same cell in a branch, with all that it has printed and shown up to now."""
        twin = CellRun(self.timeout, options, None)
        twin.id, twin.clock = self.id, Clock(self.clock.left)
        twin.output, twin.displays = copy.deepcopy(self.output), list(self.displays)
        folder = options.output_folder
        if self.spool and folder:
            twin.spool = self.spool.twin(folder / f"output-{uuid.uuid4().hex}.txt")
        return twin

    def take(self, kind: str, content: dict[str, Any]) -> None:
        """Take up an output message of this cell."""
        if kind == "stream":
            self.print(str(content["text"]))
        elif kind == "execute_result":
            self.value = self._cut(str(content["data"]["text/plain"]))
            self.display(content["data"])
        elif kind == "display_data":
            shown = self.display(content["data"])
            self.print((shown or str(content["data"].get("text/plain", ""))) + "\n")
        elif kind == "error":  # printed by IPython itself, where a magic or a hook failed
            self.print(f"{content['ename']}: {content['evalue']}\n")
        elif kind == "status" and content["execution_state"] == "idle":
            self.idle.set()

    def print(self, text: str) -> None:
        """Take up printed text. What UTF-8 cannot hold becomes a question mark."""
        text = text.encode("utf-8", "replace").decode()
        self.output.write(text)
        if self.broken is None:
            try:
                if self.spool:
                    self.spool.write(text)
                if self.on_output:
                    self.on_output(text)
            except Exception as error:  # noqa: BLE001 - raised when the cell has ended
                self.broken = error

    def display(self, data: dict[str, Any]) -> str | None:
        """Keep the richest form of a display; the line that stands for it, None if it is plain."""
        mime = next((m for m in data if m.startswith("image/")), None)
        mime = mime or ("text/html" if "text/html" in data else None)
        if mime is None or len(str(data[mime])) > _DATA_LIMIT:
            return None
        plain = str(data.get("text/plain", ""))
        text = f"[{mime}: {self._cut(plain)}]" if mime.startswith("image/") else self._cut(plain)
        if len(self.displays) < _DISPLAYS:
            self.displays.append(Display(mime=mime, data=str(data[mime]), text=text))
        return text

    def _cut(self, text: str) -> str:
        bounded = BoundedText(self.limit)
        bounded.write(text)
        return bounded.text

    def end(self, told: str | dict[str, Any]) -> None:
        """Take up what the kernel says of the end."""
        if self.ended.done():
            return
        try:
            read = Ended.model_validate_json if isinstance(told, str) else Ended.model_validate
            self.ended.set_result(read(told))  # type: ignore[arg-type]
        except ValidationError:
            self.fail(KernelError("the kernel broke: it tells nonsense about the end of a cell"))

    def fail(self, error: Exception) -> None:
        """It will never end as a cell does."""
        if not self.ended.done():
            self.ended.set_exception(error)
            self.ended.exception()  # it may be that nobody waits for it

    def full_output(self) -> str | None:
        """The file that holds all that was printed, where the result does not. Ends it."""
        path = self.spool.close() if self.spool else None
        return f"{path.parent.name}/{path.name}" if path else None

    def seconds(self) -> float:
        """How long it has been under way."""
        return time.monotonic() - self.began

    async def result(self) -> CellResult:
        """The result, when the cell has ended and all of its output is here."""
        ended = await self.ended
        if not self.idle.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.idle.wait(), _IDLE_SECONDS)
        if self.broken is not None:
            raise self.broken
        stopped: Stopped | None = (self.stopped or "interrupt") if ended.stopped else None
        return CellResult(
            output=self.output.text,
            value=self.value,
            error=ended.error,
            displays=tuple(self.displays),
            answer=ended.answer,
            stopped="ended" if ended.plan_ended else stopped,
            rung=self.rung if stopped else None,
            seconds=self.seconds(),
            full_output=self.full_output(),
            number=ended.number,
        )
