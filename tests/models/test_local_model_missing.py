"""What the embedded model says of what is missing or broken."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from weights import require_local_model

from replplan.errors import ConfigError, ModelError
from replplan.local import SMOLLM2, LocalModel, LocalServer, ServerOptions, find, memory
from replplan.local.weights import cache_folder
from replplan.model import Message, Request

QUESTION = Request(messages=(Message(role="user", content="Name one colour."),))


@pytest.fixture(autouse=True)
def _weights() -> None:
    require_local_model()


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder for pulled weights; what a test puts there is removed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = cache_folder()
    folder.mkdir(parents=True)
    yield folder
    for path in folder.iterdir():
        path.unlink()


# ------------------------------------------------------------------------- what may be missing
def test_without_the_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(ConfigError, match=r'pip install "replplan\[local\]"'):
        LocalModel()


def test_without_the_weights() -> None:
    with pytest.raises(ConfigError, match="replplan model pull"):
        LocalModel(replace(SMOLLM2, file="other.gguf", requirement="no-such-package==1.0"))


async def test_without_the_system_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "libgomp.so.1: cannot open shared object file: No such file or directory"
    (tmp_path / "xllamacpp.py").write_text(f"raise ImportError({text!r})")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ModelError, match="apt-get install libgomp1"):
        await LocalServer(SMOLLM2).start()


async def test_a_runtime_that_crashes_while_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "xllamacpp.py").write_text("import os; os.write(2, b'illegal!\\n'); os.abort()")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ModelError, match=r"did not start: illegal! \(exit code -6\)"):
        await LocalServer(SMOLLM2).start()


async def test_an_error_of_an_earlier_run_in_the_same_log_is_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "xllamacpp.py").write_text("import os; os.write(2, b'0.1 E now\\n'); os.abort()")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    log = tmp_path / "model.log"
    log.write_text("0.1 E before\n")
    with pytest.raises(ModelError, match=r"did not start: now \(exit code -6\)"):
        await LocalServer(SMOLLM2, ServerOptions(log=log)).start()
    assert log.read_text() == "0.1 E before\n0.1 E now\n"


async def test_too_little_memory() -> None:
    with pytest.raises(ModelError, match="MB are free"):
        await LocalServer(replace(SMOLLM2, memory=1 << 60)).start()


async def test_a_port_that_somebody_has() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"port {port} .* cannot be had .*: name another"):
            await LocalServer(SMOLLM2, ServerOptions(port=port)).start()


async def test_an_adapter_that_is_missing_or_none(tmp_path: Path) -> None:
    adapter = tmp_path / "skill.gguf"
    model = LocalModel(options=ServerOptions(lora=(adapter,)))
    assert model.name == "SmolLM2-135M-Instruct.Q4_1+skill"
    with pytest.raises(ConfigError, match="there is no adapter"):
        await model.complete(QUESTION)
    adapter.write_bytes(b"no adapter at all")
    with pytest.raises(ModelError, match=r"did not start: .*invalid magic"):
        await model.complete(QUESTION)
    await model.close()


async def test_weights_that_are_damaged(own_cache: Path) -> None:
    original = find(SMOLLM2)
    assert original
    damaged = bytearray(original.read_bytes())
    damaged[-1] ^= 1
    (own_cache / SMOLLM2.file).write_bytes(damaged)
    with pytest.raises(ModelError, match=r"damaged.*SHA-256.*replplan model pull"):
        await LocalServer(SMOLLM2).start()


async def test_weights_that_are_cut_short(own_cache: Path) -> None:
    alone = replace(SMOLLM2, requirement="no-such-package==1.0")
    (own_cache / SMOLLM2.file).write_bytes(b"GGUF")
    with pytest.raises(ModelError, match=r"damaged.*size"):
        await LocalServer(alone).start()


def test_importing_the_local_model_loads_neither_runtime_nor_openai() -> None:
    code = (
        "import sys, replplan.local; sys.exit(bool({'openai', 'xllamacpp'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert importlib.util.find_spec("xllamacpp")


def test_the_memory_of_a_container_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "CGROUPS", tmp_path)
    free = memory.available()
    (tmp_path / "memory.max").write_text("1000000\n")
    (tmp_path / "memory.current").write_text("800000\n")
    (tmp_path / "memory.stat").write_text("anon 700000\ninactive_file 50000\n")
    assert memory.available() == 250_000
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.available() is not None or free is None
