"""The pool: demonstrations by REPL name, kept as notebooks."""

from replplan.pool.choose import Pool
from replplan.pool.notebook import Demonstration, read_demonstration

__all__ = ["Demonstration", "Pool", "read_demonstration"]
