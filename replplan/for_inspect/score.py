"""The world's own judgement of a plan, as a scorer."""

from __future__ import annotations

from typing import Any

from inspect_ai.scorer import Score, Scorer, Target, accuracy, mean, scorer, stderr
from inspect_ai.solver import TaskState

from replplan.events import PlanFinished

STORE = "replplan"
"""Where in a sample's store the last event of its plan lies."""

NAME = "outcome"
METRICS: Any = {"score": [mean(), stderr()], "solved": [accuracy(), stderr()]}


@scorer(metrics=METRICS, name=NAME)
def outcome() -> Scorer:
    """How well the task was done, in 0..1, and whether that counts as solved."""

    async def score(state: TaskState, target: Target) -> Score:
        told = state.store.get(STORE)
        if told is None:
            return Score(value={"score": 0, "solved": 0}, explanation="the plan never began")
        return score_of_plan(PlanFinished.model_validate(told))

    return score


def score_of_plan(finished: PlanFinished) -> Score:
    """The score of a plan that has ended."""
    answer = finished.answer.value if finished.answer else None
    return Score(
        value={
            "score": finished.score.value or 0.0,
            "solved": int(bool(finished.score.solved)),
        },
        answer=None if answer is None else str(answer),
        explanation=finished.stop_reason + (f": {finished.error}" if finished.error else ""),
        metadata={
            "stop_reason": finished.stop_reason,
            "usage": finished.usage.model_dump(),
        },
    )
