"""What is seen, in words; and read back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_KINDS = ("unseen", "empty", "wall", "floor", "door", "key", "ball", "box", "goal", "lava", "agent")
_COLOURS = ("red", "green", "blue", "purple", "yellow", "grey")
_STATES = ("open", "closed", "locked")
_FACES = ("east", "south", "west", "north")
_PLAIN = {"unseen", "empty", "wall", "floor", "agent"}
_WIDTH, _DEPTH = 7, 7
_MIDDLE = _WIDTH // 2
NOTHING = "Nothing happens."

_SEEN = re.compile(r"an? (.+?)(?=,|$)((?:, \d+ (?:forward|left|right))+)", re.MULTILINE)
_STEPS = re.compile(r"(\d+) (forward|left|right)")


def describe(view: Any, face: int, carried: str, changed: bool = True) -> str:
    """A view as text.

    Args:
        view: the 7 x 7 cells before the agent as minigrid encodes them: kind, colour, state; the
            agent is in the middle of the last row and looks to the first.
        face: where it looks, 0 for east, then clockwise.
        carried: what it carries, in words; empty for nothing.
        changed: whether the last action did anything.
    """
    things = sorted(_things(view))
    lines = [] if changed else [NOTHING]
    lines.append(f"You face {_FACES[face]}. You carry {carried or 'nothing'}.")
    lines.append(f"Free steps: {_free(view)} forward.")
    lines += ["You see:", *(text for _, _, text in things)] if things else ["You see no thing."]
    return "\n".join(lines)


def parse_view(observation: str) -> list[dict[str, Any]]:
    """The things in an observation: dicts with `what`, `forward` and `right` (left is below 0)."""
    found = []
    for what, steps in _SEEN.findall(observation.partition("You see:")[2]):
        way = {side: int(number) for number, side in _STEPS.findall(steps)}
        right = way.get("right", 0) - way.get("left", 0)
        found.append({"what": what, "forward": way.get("forward", 0), "right": right})
    return found


def thing(kind: str, colour: str, state: str = "") -> str:
    """A thing with its article."""
    words = " ".join(word for word in (state, colour, kind) if word)
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _things(view: Any) -> Iterator[tuple[int, int, str]]:
    for column in range(_WIDTH):
        for row in range(_DEPTH):
            number, colour, state = (int(part) for part in view[column][row])
            kind = _KINDS[number]
            if kind in _PLAIN or (column, row) == (_MIDDLE, _DEPTH - 1):
                continue
            forward, right = _DEPTH - 1 - row, column - _MIDDLE
            told = thing(kind, _COLOURS[colour], _STATES[state] if kind == "door" else "")
            yield forward + abs(right), column, told + _way(forward, right)


def _way(forward: int, right: int) -> str:
    parts = [f", {forward} forward"] if forward else []
    if right:
        parts.append(f", {abs(right)} {'right' if right > 0 else 'left'}")
    return "".join(parts)


def _free(view: Any) -> int:
    """How many steps can be taken straight on."""
    for forward in range(1, _DEPTH):
        number, _, state = (int(part) for part in view[_MIDDLE][_DEPTH - 1 - forward])
        kind = _KINDS[number]
        if kind not in ("empty", "floor", "goal") and (kind, state) != ("door", 0):
            return forward - 1
    return _DEPTH - 1
