"""Plans that are recorded, cut off as by a crash, and resumed."""

from __future__ import annotations

from plans import Played, cell

from replplan.episode import Episode
from replplan.limits import Limits
from replplan.model import ScriptedModel
from replplan.planner import ReplPlanner
from replplan.plugins import kernel_opener
from replplan.replay import ReplayModel
from replplan.resume import read_resumable, resumed
from replplan.trace import TraceWriter

TOOLS = """
import pathlib
def count(word: str) -> int:
    "How often it was called."
    with pathlib.Path(__file__).with_name("called").open("a") as file:
        file.write(word + "\\n")
    if word == "bad":
        raise ValueError("a bad word")
    return len(word)
"""

SCRIPT = {
    "root": [
        cell("import random\nn = random.random()\nxs = [count('one')]\nprint('ready')"),
        "I think about it.",
        cell("try: count('bad')\nexcept ValueError as e: print('caught', e)"),
        cell("kind = ask('Which?', 'a text', choices=['x', 'y'])\nprint(kind)"),
        cell("for word in ('two', 'three'):\n    # one each\n    xs.append(measure(word))"),
        cell("1 / 0"),
        cell("try: subtask('lazy', limits=Limits(turns=2))\nexcept SubtaskFailed as e: print(e)"),
        cell("xs += ask.map('Length?', ['a', 'bb'], type=int, jobs=1)\nprint(sorted(xs))"),
        cell("answer([kind, xs, 0 <= n < 1, len(history)])"),
    ],
    "measure": [
        cell("seen = [*globals().get('seen', []), get_args()[0]]"),
        cell("answer(count(seen[-1]) * 10 + len(seen))"),
        cell("seen.append(get_args()[0])\nanswer(count(seen[-1]) * 10 + len(seen))"),
    ],
    "lazy": [cell("x = 1"), cell("x = 2")],
    "ask": ["x", "1", "2"],
}

ANSWER = ["x", [3, 31, 52, 1, 2], True, 7]

GAME = {
    "root": [
        cell(
            "import re\nplaces = re.findall(r'a (\\w+ \\d+)', get_obs())\n"
            "seen = [act('go to ' + p) for p in places[:3]]\nprint(len(seen))"
        ),
        cell("there = look(places[3])\nprint(there)"),
        cell("here = get_obs()\nanswer([len(seen), there == here, seen[0].split()[0]])"),
    ],
    "look": [cell("act('go to ' + get_args()[0])"), cell("answer(act('examine nothing'))")],
}


class Recorded:
    """A plan that was played to its end, its trace, and what it takes to play it again."""

    def __init__(self, folder, domain, script, planner=None):
        self.folder, self.domain, self.planner = folder, domain, planner or ReplPlanner()
        self.path = folder / "trace.jsonl"
        self.model = ScriptedModel(script)
        self.played = Played()

    def episode(self, model, **more):
        task = self.domain.tasks(self.domain.splits()[0])[0]
        return Episode(
            self.domain, task, model, kernel_opener(), planner=self.planner,
            **{"limits": Limits(seconds=900)} | more,
        )  # fmt: skip

    async def play(self, **more):
        with TraceWriter(self.path) as writer:
            sinks = (writer, self.played.events.append)
            self.played.result = await self.episode(self.model, sinks=sinks, **more).run()
        self.lines = self.path.read_bytes().splitlines(keepends=True)
        return self

    def cut(self, lines):
        """The trace as a crash leaves it: so many lines, and a part of the next one."""
        path = self.folder / f"cut-{lines}.jsonl"
        path.write_bytes(b"".join(self.lines[:lines]) + self.lines[lines][:30])
        return path

    async def resume(self, path, model=None, **more):
        """Go on from a trace; by default with a model that knows only the very same prompts."""
        again = Played()
        sinks = (again.events.append,)
        model = model or ReplayModel(self.path)
        episode = resumed(self.episode(model, sinks=sinks, **more), read_resumable(path))
        again.result = await episode.run()
        return again


def told(played):
    """What a plan tells, but for times and what goes with them."""
    shown = []
    for event in played.events:
        kind = {"type": event.type, "session": event.session}
        kind |= {f: getattr(event, f) for f in ("shown", "code", "action", "observation", "digest",
                 "answer", "value", "error", "failure", "stop_reason")
                 if hasattr(event, f)}  # fmt: skip
        if event.type not in ("text_streamed", "output_streamed", "resumed"):
            shown.append(kind)
    return shown
