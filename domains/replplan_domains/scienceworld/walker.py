"""A player by rule: it walks through the rooms and focuses on the first thing that is named."""

from __future__ import annotations

import re

from replplan.domain import Environment, Transition

_DOOR = re.compile(r"[Aa] door to the ([\w ]+?) \(that is (\w+)\)")
_THING = re.compile(r"^\t(?:an? |the )?(?:substance called )?([a-z][a-z ]*)", re.MULTILINE)
_NEVER = {"agent", "air", "door", "picture"}


def walk(world: Environment, most: int = 60) -> None:
    """Go from room to room, and focus on what the task names as soon as it is seen.

    Args:
        world: the world.
        most: so many actions are done at most.
    """
    _Walk(world, most).run()


class _Walk:
    def __init__(self, world: Environment, most: int) -> None:
        self._world, self._left = world, most
        self._last: Transition | None = None
        self._been: set[str] = set()
        self._focused = False

    def run(self) -> None:
        seen = self._world.reset()
        wanted = seen.partition("This room")[0].lower()
        while self._goes_on:
            self._focus(seen, wanted)
            doors = _DOOR.findall(seen)
            new = [door for door in doors if door[0] not in self._been] or doors
            if not new or not self._goes_on:
                return
            room, state = new[0]
            self._been.add(room)
            if state == "closed":
                self._act(f"open door to {room}")
            self._act(f"go to {room}")
            seen = self._act("look around")

    @property
    def _goes_on(self) -> bool:
        over = self._last is not None and (self._last.terminated or self._last.truncated)
        return self._left > 0 and not over

    def _focus(self, seen: str, wanted: str) -> None:
        for name in (found.strip() for found in _THING.findall(seen)):
            if not self._focused and name not in _NEVER and name in wanted:
                self._focused = True
                self._act(f"focus on {name}")

    def _act(self, action: str) -> str:
        if not self._goes_on:
            return ""
        self._left -= 1
        self._last = self._world.step(action)
        return self._last.observation
