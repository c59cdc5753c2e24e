"""Makes the picture of docs/evaluation.md out of a run: python docs/pictures/report.py RUN."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

PICTURE = Path(__file__).parent / "report.png"
SIZE = "1280,1150"
BROWSER = ("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")


def main() -> None:
    """Write the run's page, and have a browser draw its beginning."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        command = [sys.executable, "-m", "replplan", "report", *sys.argv[1:], "--html", str(page)]
        subprocess.run(command, check=True)
        drawn = [f"--window-size={SIZE}", f"--screenshot={PICTURE}", f"--user-data-dir={folder}/b"]
        subprocess.run([*BROWSER, *drawn, page.as_uri()], check=True)
    print(PICTURE)


if __name__ == "__main__":
    main()
