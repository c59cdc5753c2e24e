"""A real browser, without a network, for tests of pages; they are skipped where there is none."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def find_browser() -> str:
    """The browser's program; where there is none, the test is skipped."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no browser: chromium is not installed; continuous integration has none")
    return found


def opened(page: Path, folder: Path, anchor: str = "") -> str:
    """The document as it stands when the page's own script has run. `folder` is for the browser.

    Whatever the page asks of a network fails the test, and so does an error of its script.
    """
    done = subprocess.run(
        [
            find_browser(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--disable-background-networking", "--no-first-run", f"--user-data-dir={folder}",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--virtual-time-budget=5000",  # what a page does a little later has happened then
            "--enable-logging=stderr", "--dump-dom", f"{page.as_uri()}{anchor}",
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "CONSOLE" not in done.stderr, done.stderr
    return done.stdout
