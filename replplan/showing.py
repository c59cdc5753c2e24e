"""Observations as people are to read them: what every view, report and export of a plan calls.

A model and its cells see a world's own words; people may be shown the same page laid out. How is
the domain's affair (`Domain.show`); a trace names its domain, so live and replay show the same.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING

from replplan.errors import ConfigError

if TYPE_CHECKING:
    from replplan.domain import Domain
    from replplan.events import FunctionCalled

log = logging.getLogger(__name__)


def readable(domain: str, observation: str) -> str:
    """An observation as people are to read it: plain text, of several lines where it is a page.

    It stays as it is where the domain has no other form for it, or is not installed here.

    Args:
        domain: the domain's name, as `PlanStarted` has it.
        observation: what the world said.
    """
    found = _installed(domain)
    if found is None:
        return observation
    try:
        return found.show(observation)
    except Exception:
        log.exception("The domain %s could not lay out an observation", domain)
        return observation  # a page that is hard to read must not end a plan


def call_text(domain: str, call: FunctionCalled) -> str:
    """A call of a function as Python writes it; of a page among its arguments the first line."""
    keywords = (f"{name}={_argument(domain, v)}" for name, v in call.keywords.items())
    arguments = (_argument(domain, value) for value in call.arguments)
    return f"{call.name}({', '.join([*arguments, *keywords])})"


def _argument(domain: str, value: object) -> str:
    if not isinstance(value, str) or (shown := readable(domain, value)) == value:
        return repr(value)
    return f"<{shown.partition(chr(10))[0]}>"


@lru_cache(maxsize=64)
def _installed(domain: str) -> type[Domain] | None:
    from replplan.plugins import domain_class

    try:
        return domain_class(domain)
    except ConfigError:
        return None
