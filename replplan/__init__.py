"""A language model plans in a live kernel.

It writes a cell, sees the output or the traceback, repairs, and goes on; a call of a function
that does not exist yet becomes a child REPL that solves the sub-task. The method is REPL-Plan
(Liu et al., ACL 2025, arXiv 2411.13826).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from replplan.api import Planner as Planner
    from replplan.api import PlanOptions as PlanOptions
    from replplan.api import as_tool as as_tool
    from replplan.api import open_kernel as open_kernel
    from replplan.api import plan as plan
    from replplan.api import plan_sync as plan_sync
    from replplan.api import stream as stream
    from replplan.api.approve import Proposal as Proposal
    from replplan.cell import CellResult as CellResult
    from replplan.contract import check_domain as check_domain
    from replplan.domain import Domain as Domain
    from replplan.domain import Environment as Environment
    from replplan.domain import Score as Score
    from replplan.domain import Task as Task
    from replplan.domain import Transition as Transition
    from replplan.episode import EpisodeResult as EpisodeResult
    from replplan.errors import ReplplanError as ReplplanError
    from replplan.gym_world import gym_domain as gym_domain
    from replplan.kernel import KernelOptions as KernelOptions
    from replplan.limits import Limits as Limits
    from replplan.limits import Usage as Usage
    from replplan.model import ScriptedModel as ScriptedModel
    from replplan.steering import Refuse as Refuse
    from replplan.tools import tool as tool

_WHERE = {
    "check_domain": "contract",
    "gym_domain": "gym_world",
    "PlanOptions": "api",
    "Planner": "api",
    "as_tool": "api",
    "open_kernel": "api",
    "plan": "api",
    "plan_sync": "api",
    "stream": "api",
    "CellResult": "cell",
    "Domain": "domain",
    "Environment": "domain",
    "Score": "domain",
    "Task": "domain",
    "Transition": "domain",
    "EpisodeResult": "episode",
    "ReplplanError": "errors",
    "KernelOptions": "kernel",
    "Limits": "limits",
    "Usage": "limits",
    "ScriptedModel": "model",
    "Proposal": "api.approve",
    "Refuse": "steering",
    "tool": "tools",
}
__all__ = sorted(_WHERE)  # noqa: PLE0605 the names are those of the table


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `import replplan` alone costs little."""
    if name not in _WHERE:
        raise AttributeError(f"module 'replplan' has no attribute {name!r}")
    value = getattr(import_module(f"replplan.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext replplan`: the magics `%plan`, `%%plan` and `%plan_cells`."""
    from replplan.magic import register

    register(shell)


def unload_ipython_extension(shell: Any) -> None:
    """`%unload_ext replplan`."""
    from replplan.magic import unregister

    unregister(shell)


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
