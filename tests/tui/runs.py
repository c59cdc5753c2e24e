"""A run folder: one episode ended, one under way, one to come."""

from __future__ import annotations

import shutil
from pathlib import Path

from replplan.episode import EpisodeResult
from replplan.evaluate.info import RunInfo
from replplan.evaluate.line import EpisodeLine
from replplan.evaluate.study import Study
from replplan.limits import Usage

RUN = Path(__file__).resolve().parents[2] / "docs" / "examples" / "two-things.jsonl"


def line(job, solved):
    result = EpisodeResult(
        task=job.task, domain="alfworld", split="demo", seed=0, model="scripted", score=float(solved),
        solved=solved, answer=None, stop_reason="world_ended", usage=Usage(turns=5, input_tokens=900),
        trace=f"traces/{job.name}.jsonl",
    )  # fmt: skip
    return EpisodeLine(
        **result.model_dump(), number=job.number, method=job.method, asked="scripted"
    )


def make_run(folder):
    """The folder, and the jobs of its run."""
    study = Study(domain="alfworld", tasks={"demo": ("one", "two", "three")}, models=("scripted",))
    (folder / "traces").mkdir(parents=True)
    info = RunInfo(study=study, created="2026-03-14T15:09:00+00:00")
    (folder / "run.json").write_text(info.model_dump_json())
    first, second, _ = study.jobs()
    (folder / "episodes.jsonl").write_text(line(first, True).model_dump_json() + "\n")
    for job in (first, second):
        shutil.copy(RUN, folder / "traces" / f"{job.name}.jsonl")
    return folder, study.jobs()
