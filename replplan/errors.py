"""What can go wrong with replplan itself.

    ReplplanError
    ├── ConfigError        a wrong flag, name, file or setting: the user can mend it
    ├── ModelError         the endpoint or the local model did not give a completion
    ├── KernelError        a kernel could not start, or broke
    │   ├── KernelDied     its process is gone, and its state with it
    │   └── CellTimeout    a cell could not be stopped in any way that keeps the kernel
    ├── DomainError        a world is missing, damaged or broke its contract
    ├── TraceError         a trace cannot be read or written
    └── LimitExceeded      a limit fell: an outcome of a plan, not a fault

A Python error inside a cell is none of these: it is a `CellResult` with an `error`.
Every message is one sentence for people: what was wrong, where, what to do.
"""

from __future__ import annotations


class ReplplanError(Exception):
    """The root of all errors that replplan raises."""


class ConfigError(ReplplanError):
    """A wrong flag, name, file or setting."""


class ModelError(ReplplanError):
    """The model gave no completion.

    Attributes:
        transient: the same request may well succeed later (rate limits, overload, a lost
            connection).
        busy: the endpoint asks for fewer requests; transient too.
        retry_after: seconds that it asks to wait, where it says so.
        hopeless: no request to this model can succeed before someone mends the set-up: a wrong
            key, no such model, no quota left.
        too_long: the prompt does not fit into the model's window.
        window: the tokens of that window, where the endpoint told them.
    """

    def __init__(
        self,
        message: str,
        *,
        transient: bool = False,
        busy: bool = False,
        retry_after: float | None = None,
        hopeless: bool = False,
        too_long: bool = False,
        window: int | None = None,
    ) -> None:
        super().__init__(message)
        self.transient, self.busy = transient or busy, busy
        self.retry_after, self.hopeless = retry_after, hopeless
        self.too_long, self.window = too_long, window


class KernelError(ReplplanError):
    """A kernel could not start, or broke."""


class KernelDied(KernelError):
    """The kernel's process is gone, and the variables of its cells with it."""


class CellTimeout(KernelError):
    """A cell ran past its time and nothing short of a kill ends it."""


class DomainError(ReplplanError):
    """A world is missing, damaged or broke its contract."""


class TraceError(ReplplanError):
    """A trace cannot be read or written."""


class LimitExceeded(ReplplanError):
    """A limit of a plan or of a session fell.

    Attributes:
        limit: the name of the field of `Limits`, such as "tokens".
        used: what had been spent when it fell, in the limit's own unit.
        allowed: what the limit allows.
        session: the id of the session whose limit it is; the root's id for a limit of the plan.
    """

    def __init__(self, limit: str, used: float, allowed: float, session: str) -> None:
        super().__init__(f"the limit of {allowed:g} {limit.replace('_', ' ')} is used up")
        self.limit, self.used, self.allowed, self.session = limit, used, allowed, session
