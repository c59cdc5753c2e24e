"""Kernels forked from a warm process: `ZygoteProvisioner` for Jupyter, `shared_zygote` for others."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from replplan_kernels.zygote.client import ForkedKernel, Launch, Zygote, can_fork, shared_zygote
    from replplan_kernels.zygote.provisioner import ZygoteProvisioner

__all__ = ["ForkedKernel", "Launch", "Zygote", "ZygoteProvisioner", "can_fork", "shared_zygote"]


def __getattr__(name: str) -> Any:
    """Import on first use: the zygote itself is a process that needs none of the host's side."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    side = "provisioner" if name == "ZygoteProvisioner" else "client"
    return getattr(importlib.import_module(f"{__name__}.{side}"), name)
