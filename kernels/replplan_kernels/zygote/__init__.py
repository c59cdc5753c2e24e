"""Kernels forked from a warm process: `ZygoteProvisioner` for Jupyter, `Zygote` for others."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from replplan_kernels.zygote.client import Zygote, shared_zygote
    from replplan_kernels.zygote.forked import ForkedKernel
    from replplan_kernels.zygote.launch import Going, Launch, can_fork
    from replplan_kernels.zygote.provisioner import ZygoteProvisioner

__all__ = [
    "ForkedKernel",
    "Going",
    "Launch",
    "Zygote",
    "ZygoteProvisioner",
    "can_fork",
    "shared_zygote",
]
_PLACES = {
    "client": ("Zygote", "shared_zygote"),
    "forked": ("ForkedKernel",),
    "launch": ("Going", "Launch", "can_fork"),
    "provisioner": ("ZygoteProvisioner",),
}


def __getattr__(name: str) -> Any:
    """Import on first use: the zygote itself is a process that needs none of the host's side."""
    for module, names in _PLACES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
