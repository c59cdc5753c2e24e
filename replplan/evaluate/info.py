"""What `run.json` holds: the study, and on what it was run."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from datetime import UTC, datetime

from replplan.evaluate.study import Study
from replplan.prompt import prompt_version
from replplan.record import Json, Record

RUN_VERSION = 1
_PACKAGES = ("replplan", "ipykernel", "ipython", "numpy", "openai", "pandas", "pydantic")


class Git(Record):
    """The state of the repository that a run was started in."""

    commit: str
    changed: bool


class RunInfo(Record):
    """The head of a run folder. `created` is a date in UTC; `jobs` how many
    episodes were to be played at once; `prompt` names the prompts."""

    version: int = RUN_VERSION
    created: str = ""
    study: Study
    jobs: int = 1
    prompt: str = ""
    python: str = ""
    platform: str = ""
    packages: dict[str, str] = {}
    git: Git | None = None


def inspect_host() -> dict[str, Json]:
    """What of a `RunInfo` is to be found out here and now."""
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "prompt": prompt_version(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: v for name in _PACKAGES if (v := _version(name))},
        "git": _git(),
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _git() -> Git | None:
    """None outside of a repository, or where there is no git."""
    commit, status = _ask_git("rev-parse", "HEAD"), _ask_git("status", "--porcelain", "-uno")
    return Git(commit=commit, changed=bool(status)) if commit and status is not None else None


def _ask_git(*words: str) -> str | None:
    try:
        done = subprocess.run(["git", *words], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
