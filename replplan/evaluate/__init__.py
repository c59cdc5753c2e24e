"""Many episodes: a study, its run folder, where the episodes are played, what came of them.

study = Study(domain="alfworld", tasks=choose_tasks(domain, ["dev"], 20), models=("local",))
with RunFolder.create(Path("runs/first"), study) as folder:
    ending = await evaluate(folder, Audience(), jobs=4)
"""

from replplan.evaluate.conductor import Audience, Conductor, Ending
from replplan.evaluate.files import read_info, read_lines
from replplan.evaluate.folder import RunFolder
from replplan.evaluate.gate import Gate, GatedModel, HostGate, Outcome, Spending
from replplan.evaluate.line import EpisodeLine, Tally
from replplan.evaluate.place import Here, Place, PlaceLost
from replplan.evaluate.planning import choose_tasks
from replplan.evaluate.room import Room
from replplan.evaluate.status import Status, Watch
from replplan.evaluate.study import Job, Study
from replplan.evaluate.workers import Workers

__all__ = [
    "Audience",
    "Conductor",
    "Ending",
    "EpisodeLine",
    "Gate",
    "GatedModel",
    "Here",
    "HostGate",
    "Job",
    "Outcome",
    "Place",
    "PlaceLost",
    "Room",
    "RunFolder",
    "Spending",
    "Status",
    "Study",
    "Tally",
    "Watch",
    "Workers",
    "choose_tasks",
    "read_info",
    "read_lines",
]
