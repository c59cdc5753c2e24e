"""Plans that are recorded, and what is kept of them."""

from __future__ import annotations

from plans import cell, play

from replplan.model import ScriptedModel
from replplan.pool.keep import draft
from replplan.pool.places import Place
from replplan.pool.recorded import choose_sessions, read_plan
from replplan.trace import TraceWriter

TASK = "demo-pick"

GAME = {
    "root": [
        cell("print(len(get_obs()) > 10)\nmissing"),
        "I think that I should look for it first.",
        cell("# it is on a shelf\nclock = fetch('alarmclock', ['shelf 1', 'shelf 2'])\nclock"),
        cell("act('go to sidetable 1')\nact(f'move {clock} to sidetable 1')"),
    ],
    "fetch": [
        cell("thing, places = get_args()\nprint(act(f'go to {places[1]}'))\nprint(1, end='')"),
        cell("{}['no such key']"),
        cell("print(act(f'take {thing} 1 from {places[1]}'))\nanswer(thing + ' 1')"),
    ],
}


async def record(path, script, **options):
    """Play a plan; its trace and its events."""
    played = await play(ScriptedModel({k: list(v) for k, v in script.items()}), **options)
    with TraceWriter(path) as write:
        for event in played.events:
            write(event)
    return path, played


def keep(trace, folder, *only, anyway=False, name=None):
    """The notebooks that are kept of a trace, by path below the folder."""
    plan = read_plan(trace)
    drafts = draft(plan, choose_sessions(plan, only, anyway=anyway), Place("user", folder), name)
    for d in drafts:
        d.write()
    return {d.path.relative_to(folder).as_posix(): d for d in drafts}
