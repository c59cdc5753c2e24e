"""One tab of `replplan watch --browser`: started by textual-serve, which draws it in the page."""

from __future__ import annotations

import sys
from pathlib import Path

from replplan_tui.app import WatchApp
from replplan_tui.entry import first_screen, run


def main() -> None:
    """Run the app for a theme and a path, either of which may be empty."""
    theme, what = sys.argv[1:]
    run(WatchApp(first_screen(Path(what) if what else None), theme))


if __name__ == "__main__":
    main()
