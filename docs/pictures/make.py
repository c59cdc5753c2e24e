"""Makes the pictures of docs/watch.md out of a recorded run: python docs/pictures/make.py"""

from __future__ import annotations

import asyncio
from pathlib import Path

from replplan_tui.app import WatchApp
from replplan_tui.feed import TraceFeed
from replplan_tui.plan_screen import PlanScreen

HERE = Path(__file__).parent
RUN = HERE.parent / "examples" / "two-things.jsonl"
SIZES = {"plan": (120, 36), "plan-small": (80, 24)}


async def draw(name: str, size: tuple[int, int]) -> None:
    """One picture."""
    screen = PlanScreen(TraceFeed(RUN))
    app = WatchApp(screen)
    async with app.run_test(size=size) as pilot:
        while screen.pane.story.finished is None:
            await pilot.pause(0.05)
        await pilot.pause()
        text = app.export_screenshot(title="replplan watch")
    (HERE / f"{name}.svg").write_text(text, encoding="utf-8")
    print(HERE / f"{name}.svg")


if __name__ == "__main__":
    for picture, size in SIZES.items():
        asyncio.run(draw(picture, size))
