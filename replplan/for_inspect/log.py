"""Traces as `.eval` logs, one for each domain, split, method and model, with all that inspect's
viewer shows: samples, conversations, scores, usage, and the tree of REPLs as spans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from inspect_ai._util.error import EvalError
from inspect_ai._util.registry import registry_info
from inspect_ai.log import (
    EvalConfig,
    EvalDataset,
    EvalLog,
    EvalPlan,
    EvalPlanStep,
    EvalSample,
    EvalSampleLimit,
    EvalSpec,
    EvalStats,
    recompute_metrics,
    write_eval_log,
)
from inspect_ai.log._log import EvalMetricDefinition, EvalScorer
from inspect_ai.model import ModelOutput, ModelUsage
from shortuuid import uuid

from replplan.events import Event, LimitReached, ModelCalled, ModelReplied, PlanFinished
from replplan.export.conversations import Conversations
from replplan.export.plan_tree import PlanTree, plan_tree
from replplan.for_inspect.model import chat_message
from replplan.for_inspect.score import METRICS, NAME, STORE, score_of_plan
from replplan.for_inspect.story import Story, usage_of
from replplan.limits import Usage
from replplan.trace import read_trace

_LIMITS = {
    "tokens": "token", "cost": "cost", "seconds": "time", "turns": "turn", "context": "context",
}  # fmt: skip


class Kind(NamedTuple):
    """What the samples of one log have in common."""

    domain: str
    split: str
    method: str
    model: str


def to_inspect(traces: Sequence[Path], folder: Path) -> list[Path]:
    """Write the logs of traces into a folder.

    Raises:
        TraceError: a trace cannot be read.
    """
    plans: dict[Kind, list[_Plan]] = defaultdict(list)
    for path in traces:
        plan = _Plan.read(path)
        plans[plan.kind].append(plan)
    return [_write(kind, found, folder) for kind, found in plans.items()]


class _Plan(NamedTuple):
    """One trace, read whole."""

    tree: PlanTree
    events: list[Event]
    path: Path

    @classmethod
    def read(cls, path: Path) -> _Plan:
        events = list(read_trace(path))
        return cls(plan_tree(events, str(path)), events, path)

    @property
    def kind(self) -> Kind:
        started = self.tree.started
        return Kind(started.domain, started.split, started.method, started.model)

    @property
    def usage(self) -> Usage:
        """What the plan had spent at its end, or when the trace was cut off."""
        told = (
            e.usage for e in reversed(self.events) if isinstance(e, PlanFinished | ModelReplied)
        )
        return next(told, Usage())


def _write(kind: Kind, plans: list[_Plan], folder: Path) -> Path:
    log = _log(kind, plans)
    when = log.eval.created.replace(":", "-")
    path = folder / f"{when}_{kind.domain}_{log.eval.task_id}.eval"
    folder.mkdir(parents=True, exist_ok=True)
    write_eval_log(log, path)
    return path


def _log(kind: Kind, plans: list[_Plan]) -> EvalLog:
    plans = sorted(plans, key=lambda plan: (plan.tree.started.task, plan.tree.started.seed))
    epochs: dict[str, int] = defaultdict(int)
    samples = []
    for plan in plans:
        epochs[plan.tree.started.task] += 1
        samples.append(_sample(plan, epochs[plan.tree.started.task]))
    cut_off = any(plan.tree.finished is None for plan in plans)
    usage = sum((usage_of(plan.usage) for plan in plans), ModelUsage())
    log = EvalLog(
        status="cancelled" if cut_off else "success",
        eval=_spec(kind, plans, max(epochs.values())),
        plan=EvalPlan(steps=[EvalPlanStep(solver="replplan/repl_plan", params=_solving(kind))]),
        stats=EvalStats(
            started_at=_time(min(plan.events[0].time for plan in plans)),
            completed_at=_time(max(plan.events[-1].time for plan in plans)),
            model_usage={kind.model: usage},
        ),
        samples=samples,
    )
    recompute_metrics(log)
    return log


def _spec(kind: Kind, plans: list[_Plan], epochs: int) -> EvalSpec:
    tasks = list(dict.fromkeys(plan.tree.started.task for plan in plans))
    return EvalSpec(
        created=_time(min(plan.events[0].time for plan in plans)),
        task=f"replplan/{kind.domain}",
        task_id=uuid(),
        run_id=uuid(),
        task_args={"split": kind.split, "method": kind.method},
        dataset=EvalDataset(
            name=f"{kind.domain}-{kind.split}", samples=len(tasks), sample_ids=tasks
        ),
        model=kind.model,
        config=EvalConfig(epochs=epochs),
        packages={"replplan": plans[0].tree.started.replplan},
        scorers=_scorers(),
    )


def _scorers() -> list[EvalScorer]:
    """As inspect itself writes the scorer of our tasks into its logs."""
    metrics = {
        name: [EvalMetricDefinition(name=registry_info(metric).name) for metric in of]
        for name, of in METRICS.items()
    }
    return [EvalScorer(name=NAME, metrics=metrics)]


def _solving(kind: Kind) -> dict[str, str]:
    return {"domain": kind.domain, "method": kind.method}


def _sample(plan: _Plan, epoch: int) -> EvalSample:
    started, finished = plan.tree.started, plan.tree.finished
    said = Conversations(started)
    for event in plan.events:
        if isinstance(event, ModelCalled | ModelReplied):
            said.take(event)
    root = said.sessions.get("root")
    messages = [chat_message(message) for message in root.whole()] if root else []
    seconds = plan.events[-1].time - plan.events[0].time
    failed = finished is None or finished.stop_reason == "failed"
    answer = finished.answer.value if finished and finished.answer else None
    return EvalSample(
        id=started.task,
        epoch=epoch,
        input=started.goal,
        target="",
        messages=messages,
        output=ModelOutput.from_content(started.model, "" if answer is None else str(answer)),
        scores=None if finished is None or failed else {NAME: score_of_plan(finished)},
        metadata={"domain": started.domain, "split": started.split, "seed": started.seed},
        store={STORE: {"trace": plan.path.name, "usage": plan.usage.model_dump()}},
        events=Story(started).tell(plan.events),
        model_usage={started.model: usage_of(plan.usage)},
        started_at=_time(plan.events[0].time),
        completed_at=_time(plan.events[-1].time),
        total_time=seconds,
        working_time=seconds,
        uuid=uuid(),
        error=_error(finished) if failed else None,
        limit=_limit(plan.events) if finished and finished.stop_reason[:6] == "limit:" else None,
    )


def _error(finished: PlanFinished | None) -> EvalError:
    why = finished.error if finished else "the trace is cut off"
    return EvalError(message=why or "failed", traceback="", traceback_ansi="")


def _limit(events: Sequence[Event]) -> EvalSampleLimit | None:
    fallen = next((e for e in reversed(events) if isinstance(e, LimitReached)), None)
    if fallen is None:
        return None
    kind = _LIMITS.get(fallen.limit, "custom")
    return EvalSampleLimit.model_validate(
        {"type": kind, "limit": fallen.allowed, "reason": f"the limit on {fallen.limit}"}
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
