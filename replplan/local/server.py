"""The embedded model's server: a process of its own, started, watched and stopped from here.

A crash in native code or a kill for want of memory takes only the model along, its threads do not
compete in the host's event loop, and it can be stopped in the middle of a prompt.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from replplan.errors import ConfigError, ModelError
from replplan.local import memory
from replplan.local.weights import Weights, check_file, check_size, find

PROGRAM = Path(__file__).with_name("serve.py")
START = 60.0
"""Seconds that loading may take."""
GRACE = 1.0
"""Seconds between the request to leave and the kill."""
ERROR_LINE = re.compile(r"\S+ E\s+(.*)")
"""A line of the runtime's log that tells of an error."""
MISSING = 'the embedded model needs its runtime: type `pip install "replplan[local]"`'


@dataclass(frozen=True)
class ServerOptions:
    """How the server runs.

    Attributes:
        lora: LoRA adapters, GGUF files, applied at full strength.
        context: tokens of a prompt and its reply together.
        threads: one is best beside other work; a second speeds up the prompt alone.
        port: 0 takes a free one.
        log: the file that its warnings and errors are added to; None for one without a name.
    """

    lora: tuple[Path, ...] = ()
    context: int = 8192
    threads: int = 1
    port: int = 0
    log: Path | None = None


def require(weights: Weights) -> Path:
    """The weights' file, where all that a server needs is installed.

    Raises:
        ConfigError: the runtime or the weights are not here; the message says what to type.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        raise ConfigError(MISSING)
    path = find(weights)
    if path is None:
        raise ConfigError(
            f"the weights of {weights.name} are not here: type `replplan model pull` "
            f"({weights.size / 1e6:.0f} MB)"
        )
    return path


def require_port(port: int) -> None:
    """See that a port can be had; the runtime tells of one that cannot in words of its own.

    Raises:
        ConfigError: it cannot.
    """
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as error:
            told = f"port {port} of 127.0.0.1 cannot be had ({error.strerror}): name another"
            raise ConfigError(told) from None


@dataclass
class LocalServer:
    """`async with LocalServer(weights) as server`: an endpoint at `server.url` with `server.key`.

    When this process ends, in whatever way, the server leaves too.
    """

    weights: Weights
    options: ServerOptions = ServerOptions()
    url: str = field(init=False, default="")
    key: str = field(init=False, default="", repr=False)
    _process: subprocess.Popen[bytes] | None = field(init=False, default=None, repr=False)
    _log: IO[bytes] | None = field(init=False, default=None, repr=False)
    _log_begins: int = field(init=False, default=0, repr=False)

    @property
    def name(self) -> str:
        """What the model is called there."""
        return full_name(self.weights, self.options.lora)

    async def __aenter__(self) -> LocalServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start and wait until the model is loaded.

        Raises:
            ConfigError: the runtime, the weights or an adapter are not here, or the port is not
                to be had.
            ModelError: the weights are damaged, memory is short, or the server did not start.
        """
        path = require(self.weights)
        check_size(self.weights, path)
        for adapter in self.options.lora:
            if not adapter.is_file():
                raise ConfigError(f"there is no adapter {adapter}")
        memory.require(self.weights.memory)
        require_port(self.options.port)
        try:
            self._launch(path)
            check = asyncio.to_thread(_check_once, self.weights, path)
            # Both to their end: damaged weights say more than a server that cannot read them.
            outcomes = await asyncio.gather(check, self._report(), return_exceptions=True)
            _raise_first(outcomes)
        except BaseException:
            await self.stop()
            raise

    def _launch(self, path: Path) -> None:
        self.key = secrets.token_urlsafe(24)
        env = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "LLAMA_"))}
        self._open_log()
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=env | {"OMP_WAIT_POLICY": "passive"},  # waiting threads must not spin
            start_new_session=True,  # a Ctrl-C in the terminal is the host's to handle
        )
        self._order(path)

    def _open_log(self) -> None:
        if self.options.log:
            self.options.log.parent.mkdir(parents=True, exist_ok=True)
            self._log = self.options.log.open("a+b")
        else:
            self._log = tempfile.TemporaryFile()  # noqa: SIM115 - no name: no end leaves it behind
        self._log_begins = self._log.tell()

    def _order(self, path: Path) -> None:
        """Hand over what to serve, and the key: neither is seen in a list of processes."""
        assert self._process
        stdin, _ = _pipes(self._process)
        order = {
            "model": str(path),
            "name": self.name,
            "lora": [str(adapter) for adapter in self.options.lora],
            "threads": self.options.threads,
            "context": self.options.context,
            "port": self.options.port,
            "key": self.key,
        }
        with suppress(BrokenPipeError):  # it is gone already: its missing report will say so
            stdin.write(json.dumps(order).encode() + b"\n")
            stdin.flush()

    async def _report(self) -> None:
        """Wait for the server's address."""
        assert self._process
        _, stdout = _pipes(self._process)
        line = asyncio.to_thread(stdout.readline)
        try:
            report = json.loads(await asyncio.wait_for(line, START) or b"{}")
        except TimeoutError:
            raise ModelError(
                f"the embedded model was not loaded within {START:g} s: {self.last_words()}",
                transient=True,
            ) from None
        if "url" not in report:
            await self.ended(START)  # it is going: its log and its exit code are soon whole
            why = report.get("error") or f"the embedded model did not start: {self.last_words()}"
            raise ModelError(why)
        self.url = f"{report['url']}/v1"

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._process.pid if self._process and self.alive else None

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    async def ended(self, within: float) -> bool:
        """Whether the process ends within so many seconds."""
        if self._process is None:
            return True
        try:
            await asyncio.to_thread(self._process.wait, within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def last_words(self) -> str:
        """How it ended: the first error in its log, else the last line, and the exit code."""
        code = f"exit code {self._process.poll() if self._process else None}"
        text = ""
        if self._log:
            self._log.seek(self._log_begins)
            text = self._log.read().decode(errors="replace")
        lines = [line for line in text.splitlines() if line.strip()]
        errors = [found[1] for line in lines if (found := ERROR_LINE.match(line))]
        return f"{said} ({code})" if (said := next(iter(errors + lines[-1:]), "")) else code

    async def wait(self) -> None:
        """Wait until the process has ended, which by itself it does not.

        Raises:
            ModelError: it has.
        """
        if self._process:
            await asyncio.to_thread(self._process.wait)
        raise ModelError(f"the server of the embedded model ended: {self.last_words()}")

    async def stop(self) -> None:
        """Stop the process, within two seconds. May be called twice."""
        process, self._process = self._process, None
        log, self._log = self._log, None
        try:
            if process:
                await asyncio.shield(asyncio.to_thread(_end, process))
        finally:
            if log:
                log.close()


def full_name(weights: Weights, lora: Sequence[Path]) -> str:
    """The model's name with those of its adapters."""
    return "+".join([weights.name, *(adapter.stem for adapter in lora)])


_CHECKED: set[tuple[str, int, int]] = set()


def _check_once(weights: Weights, path: Path) -> None:
    """Hash a file the first time that this process uses it."""
    stat = path.stat()
    state = (str(path), stat.st_size, stat.st_mtime_ns)
    if state not in _CHECKED:
        check_file(weights, path)
        _CHECKED.add(state)


def _raise_first(outcomes: Sequence[BaseException | None]) -> None:
    for outcome in outcomes:
        if outcome is not None:
            raise outcome


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin
    assert process.stdout
    return process.stdin, process.stdout


def _end(process: subprocess.Popen[bytes]) -> None:
    stdin, stdout = _pipes(process)
    with suppress(OSError):
        stdin.close()  # the server reads the end of its lifeline and leaves
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    stdout.close()
