"""What a start, a trivial cell and a loop of 1e5 steps cost with other executors and with ours.

    uv run python benchmarks/peers.py [--only smolagents ours] [--json]

Each peer is installed by uv, from PyPI, in an environment that is thrown away; nothing of it is
installed here, and no test needs it. They are driven as their own documentation does, in turns.
`start` is from nothing to the first reply once all is imported; in ms.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

DRIVERS = Path(__file__).parent / "peer_drivers"
MEASURES = ("start", "cell", "loop")


@dataclass(frozen=True)
class Peer:
    """An executor: its driver, and what is to be installed for it; nothing for ours."""

    driver: str
    packages: tuple[str, ...] = ()


PEERS = {
    "ours": Peer("ours.py"),
    "smolagents": Peer("smol.py", ("smolagents==1.26.0",)),
    "autogen jupyter": Peer(
        "autogen_jupyter.py", ("autogen-ext[jupyter-executor]==0.7.5", "ipykernel")
    ),
    "rlms": Peer("recursive.py", ("rlms==0.1.3", "ipykernel", "jupyter_client")),
}


def measure(peer: Peer) -> dict[str, float]:
    """Its figures.

    Raises:
        subprocess.CalledProcessError: it cannot be installed.
        SystemExit: it does not run; says what it wrote last.
    """
    if not peer.packages:
        return drive(sys.executable, peer)
    with tempfile.TemporaryDirectory(prefix="peer-") as folder:
        python = Path(folder) / "bin" / "python"
        subprocess.run(["uv", "venv", "-q", folder], check=True)
        install = ["uv", "pip", "install", "-q", "--python", python, *peer.packages]
        subprocess.run(install, check=True)
        return drive(str(python), peer)


def drive(python: str, peer: Peer) -> dict[str, float]:
    command = [python, DRIVERS / peer.driver]
    said = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if said.returncode:
        sys.exit(f"{peer.driver} did not run:\n{said.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(said.stdout.splitlines()[-1])
    return figures


def table(figures: dict[str, dict[str, float]]) -> Table:
    shown = Table("executor", *(f"{name}, ms" for name in MEASURES))
    for name, of in figures.items():
        shown.add_row(name, *(f"{of[measure]:.3g}" for measure in MEASURES))
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=list(PEERS), help="executors to measure")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    figures = {name: measure(PEERS[name]) for name in args.only or PEERS}
    if args.json:
        print(json.dumps(figures))
    else:
        Console(width=100).print(table(figures))


if __name__ == "__main__":
    main()
