"""How the command ends where it has hardly begun, or has nowhere to write."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_standard_output_that_has_no_room_is_named():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "replplan", "domains"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    assert done.stderr.endswith("had no room: No space left on device\n")
    assert "Traceback" not in done.stderr


def test_ctrl_c_while_it_is_being_imported_is_no_traceback():
    code = """
import sys

class Interrupted:
    def find_spec(self, name, *_):
        if name == "replplan.cli":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupted())
from replplan.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
