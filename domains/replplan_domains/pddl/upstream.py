"""pyperplan, a planner of the University of Basel, as a program of its own: shortest plans.

It is under the GNU GPL, which is why nothing of it is imported. The extra `pddl` installs it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from replplan.errors import DomainError
from replplan.extras import package

PYPERPLAN = package("pyperplan", "pddl")
SECONDS = 60.0
_OPTIMAL = ("-s", "astar", "-H", "lmcut")


def shortest_by_pyperplan(world: str, problem: str, seconds: float = SECONDS) -> list[str]:
    """A shortest plan, by pyperplan's A* with landmark cuts.

    Args:
        world: a domain in PDDL.
        problem: a problem of it, in PDDL.
        seconds: how long it may take.

    Raises:
        ConfigError: it is not installed.
        DomainError: it found none in that time.
    """
    PYPERPLAN.require()
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / "domain.pddl", Path(folder) / "problem.pddl"]
        for file, text in zip(files, (world, problem), strict=True):
            file.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "pyperplan", *_OPTIMAL, *map(str, files)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise DomainError(f"pyperplan found no plan in {seconds:g} seconds") from error
        found = Path(folder) / "problem.pddl.soln"
        if not found.is_file():
            said = (done.stdout + done.stderr).strip().splitlines()[-1:]
            raise DomainError(f"pyperplan found no plan: {' '.join(said)}")
        return [line.strip("() ") for line in found.read_text().splitlines() if line.strip()]
