"""A planner that knows how: it writes the cells that the embedded model is to learn.

It reads what a model reads and nothing else: a session's messages. Its knowledge of where things
usually are comes from training games (`knowledge.py`). In a share of sessions it makes a mistake,
sees what comes of it, and repairs it: the mistake is context, the repair is learnt.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from distil import cells
from distil.cells import Goal
from distil.knowledge import Knowledge
from replplan.model import Completion, OnText, Request, count

Said = tuple[str, bool]
"""A cell, and whether it is one to learn."""
Lesson = Generator[Said, str, None]
"""Writes cells, and is sent what is shown of each."""
Row = dict[str, Any]
"""A message of a transcript: role, content, and whether a reply is learnt."""

REFUSED = "Nothing happens."
ROOT_SLIPS = ("syntax", "name", "closed", "away", "number")
SEARCH_SLIPS = ("syntax", "import", "split", "split")


@dataclass
class Teacher:
    """The teacher as a `Model`, for one plan.

    Attributes:
        knowledge: where things usually are.
        draw: decides about mistakes.
        mistakes: the share of sessions in which one is made.
        children: whether searching is a sub-task; else all is done in the root.
        transcripts: by session, all that it read and wrote.
    """

    knowledge: Knowledge
    draw: random.Random
    mistakes: float = 0.2
    children: bool = True
    transcripts: dict[str, list[Row]] = field(default_factory=dict)
    name: str = "teacher"
    context: int | None = 8192
    sees: bool = False
    taught: bool = False
    _lessons: dict[str, Lesson] = field(default_factory=dict)
    _learnt: dict[str, list[bool]] = field(default_factory=dict)

    async def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        """The next cell of the session that asks."""
        told = request.messages[-1].content
        lesson = self._lessons.get(request.session)
        if lesson is None:
            lesson = self._lessons[request.session] = self._open(request.session, told)
            code, learn = next(lesson)
        else:
            code, learn = lesson.send(told)
        text = f"```python\n{code}\n```"
        self._record(request, text, learn)
        return Completion(text=text, tokens=count(request.messages, text))

    async def close(self) -> None:
        """Nothing to let go of."""

    def likely(self, thing: str) -> list[str]:
        """Where such a thing usually is."""
        return self.knowledge.likely(thing)

    def _open(self, session: str, told: str) -> Lesson:
        name = session.rsplit("/", 1)[-1].partition("#")[0]
        slips = self.draw.random() < self.mistakes
        if name != "root":
            return _search(self, slips, cells.TAKE if name == "find_and_take" else cells.FOUND)
        goal = cells.read_goal(told)
        if not self.children:
            return _flat(self, goal)
        return _root(self, goal, self.draw.choice(ROOT_SLIPS) if slips else "")

    def _record(self, request: Request, text: str, learn: bool) -> None:
        flags = self._learnt.setdefault(request.session, [])
        replies = sum(m.role == "assistant" for m in request.messages)
        learnt = iter([False] * (replies - len(flags)) + flags)  # a demonstration's are context
        rows = [
            _row(m.role, m.content, m.role == "assistant" and next(learnt))
            for m in request.messages
        ]
        flags.append(learn)
        self.transcripts[request.session] = [*rows, _row("assistant", text, learn)]


def _row(role: str, content: str, learn: bool) -> Row:
    return {"role": role, "content": content} | ({"train": learn} if role == "assistant" else {})


def _root(teacher: Teacher, goal: Goal, slip: str) -> Lesson:
    search = cells.root_search(goal, teacher.likely(goal.thing))
    if slip == "syntax":
        yield cells.broken(search, teacher.draw), False
    yield search, True
    for left in reversed(range(goal.count)):
        if goal.lamp:
            yield cells.root_lamp(goal, teacher.likely(goal.target)), True
        else:
            yield from _bring(goal, slip, cells.find(goal) if left else "")
        slip = ""
    while True:
        yield cells.place(goal), True


def _bring(goal: Goal, slip: str, then: str) -> Lesson:
    wrong = _wrong_bring(goal, slip)
    if wrong and REFUSED not in (shown := (yield wrong, False)) and "Error" not in shown:
        if then:  # it was no mistake
            yield then, True
    else:
        yield cells.bring(goal, then), True


def _wrong_bring(goal: Goal, slip: str) -> str:
    match slip:
        case "name":
            return cells.bring(goal).replace("{thing}", f"{{{goal.thing}}}")
        case "closed" if goal.closes:
            return cells.bring(goal).replace(f"{cells.OPEN}\n", "")
        case "away":
            treat = cells.treat(goal).partition("\n")[2]
            return treat or cells.place(goal).removeprefix(f"{cells.GO}\n")
        case "number" if not goal.verb and goal.count == 1:
            return cells.wrong_number(goal)
    return ""


def _search(teacher: Teacher, slips: bool, found: str) -> Lesson:
    shown = yield from _first_search(teacher.draw, slips)
    while True:
        while repair := _repair(shown):
            shown = yield repair, True
        yield cells.NONE if shown.startswith("None") else found, True
        shown = yield cells.SEARCH_ON, True


def _first_search(draw: random.Random, slips: bool) -> Generator[Said, str, str]:
    match draw.choice(SEARCH_SLIPS) if slips else "":
        case "syntax":
            return (yield cells.broken(cells.SEARCH, draw), False)
        case "import":
            return (yield cells.SEARCH.removeprefix("import re\n\n"), False)
        case "split":
            return (yield cells.SEARCH_CARELESSLY, False)
    return (yield cells.SEARCH, True)


def _repair(shown: str) -> str:
    """The cell that mends what is shown; empty where nothing is to be mended."""
    mends = {
        "SyntaxError": cells.SEARCH,
        "NameError": cells.IMPORT,
        "IndexError": cells.SEARCH_REPAIRED,
    }
    return next((mend for error, mend in mends.items() if f"\n{error}" in shown), "")


def _flat(teacher: Teacher, goal: Goal) -> Lesson:
    yield cells.flat_search(goal, teacher.likely(goal.thing)), True
    if goal.lamp:
        yield cells.flat_lamp(goal, teacher.likely(goal.target)), True
    for left in reversed(range(goal.count)):
        then = cells.flat_on(goal) if left else ""
        yield cells.lines(cells.flat_take(), cells.bring(goal, then)), True
    while True:
        yield cells.place(goal), True
