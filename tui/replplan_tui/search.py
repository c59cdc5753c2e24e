"""Looking for text in the notebooks of a plan."""

from __future__ import annotations

from dataclasses import dataclass

from replplan_tui.story import Story


@dataclass(frozen=True)
class Search:
    """What is looked for, in small letters or large."""

    text: str = ""

    def next(self, story: Story, path: str, number: int, by: int) -> tuple[str, int] | None:
        """The next entry with the text, behind or before one of a page; all pages in turn.

        Returns:
            The page and the number of the entry; None where the text stands nowhere.
        """
        small = self.text.lower()
        places = [
            (page.path, place)
            for page in story.pages.values()
            for place, entry in enumerate(page.entries)
            if small in entry.text.lower()
        ]
        if not places:
            return None
        order = {name: rank for rank, name in enumerate(story.pages)}
        here = (order.get(path, 0), number)
        keys = [(order[p], n) for p, n in places]
        if by > 0:
            after = [at for at, key in enumerate(keys) if key > here]
            return places[after[0] if after else 0]
        before = [at for at, key in enumerate(keys) if key < here]
        return places[before[-1] if before else -1]
