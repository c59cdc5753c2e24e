"""What the host pickles for a kernel to unpickle; never the other way round."""

from __future__ import annotations

from dataclasses import dataclass

from replplan.record import Json


@dataclass(frozen=True)
class Value:
    """A value of the host that is bound in a kernel by name.

    Attributes:
        name: what it is bound to.
        data: the value, pickled. The host pickles and kernels unpickle, never the other way round.
        everywhere: it is bound in every REPL, not in the root alone.
    """

    name: str
    data: bytes
    everywhere: bool = False


@dataclass(frozen=True)
class Pickled:
    """What a function of the host returned, where JSON does not say the same.

    Attributes:
        data: the value, pickled, for the kernel to unpickle.
        kind: the name of its type.
        plain: what it is in JSON, for a kernel whose Python lacks what the value needs.
        has_plain: whether it has a form in JSON.
    """

    data: bytes
    kind: str
    plain: Json = None
    has_plain: bool = False
