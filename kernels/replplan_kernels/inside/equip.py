"""What cells can call changes hands when a kernel is lent to a plan, and given back."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

from replplan_kernels.inside.thaw import NotLoadedError, load_values, take_files

if TYPE_CHECKING:
    from replplan_kernels.inside.install import ReplKernel

_TOLD = 200
"""How many variables the host is told of."""


def bind(kernel: ReplKernel) -> None:
    """Bind in the root what its cells can call, and nothing that they could call before."""
    root, hidden = kernel.root.namespace, kernel.kernel.shell.user_ns_hidden
    names = kernel.names(kernel.root)
    for name, value in kernel.bound.items():
        if root.get(name) is value and name != "get_ipython":  # which every notebook has
            del root[name]
            hidden.pop(name, None)
    root.update(names)
    hidden.update(names)
    kernel.bound = names


def equip(kernel: ReplKernel, told: dict[str, Any]) -> dict[str, Any]:
    """Take up what the host says that cells can call, and its values and files.

    Returns:
        `names`: the variables that there were, each with the name of its type; `failed`: what
        could not be taken up, in words.
    """
    kernel.functions = told["functions"] if told["calls"] else None
    kernel.children, kernel.ask = told["children"], told["ask"]
    kernel.ask_room = told["ask_room"]
    kernel.link.ended, kernel.helpers = None, {}
    kernel.root.forget_children()
    bind(kernel)
    names = variables(kernel)
    try:
        values = load_values(told["values"])
        take_files(told["files"])
    except NotLoadedError as error:
        return {"names": names, "failed": str(error)}
    kernel.helpers = {name: values.pop(name) for name in told["helpers"]}
    bind(kernel)
    kernel.root.namespace.update(values)
    return {"names": names}


def variables(kernel: ReplKernel) -> list[list[str]]:
    """What cells have bound in the root, and the host's values: names and types."""
    hidden = kernel.kernel.shell.user_ns_hidden
    found = [
        [name, type(value).__name__]
        for name, value in tuple(kernel.root.namespace.items())
        if not name.startswith("_") and name not in hidden and not isinstance(value, ModuleType)
    ]
    return found[:_TOLD]
