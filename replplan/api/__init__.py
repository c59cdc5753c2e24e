"""Planning from Python: `plan`, `plan_sync`, `stream`, `Planner`, `open_kernel`."""

from __future__ import annotations

from replplan.api.as_tool import PlanTool, as_tool
from replplan.api.options import PlanOptions
from replplan.api.planner import Planner, open_kernel, plan, stream
from replplan.api.sync import plan_sync

__all__ = [
    "PlanOptions",
    "PlanTool",
    "Planner",
    "as_tool",
    "open_kernel",
    "plan",
    "plan_sync",
    "stream",
]
