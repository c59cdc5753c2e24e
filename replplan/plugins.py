"""Kernels, domains and checks, found through entry points: other packages can add theirs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, cast

from replplan.domain import Domain
from replplan.errors import ConfigError
from replplan.hint import did_you_mean
from replplan.kernel import KernelOpener

if TYPE_CHECKING:
    from replplan.doctor import Examine
    from replplan.goal import GoalDomain

_KERNELS, _DOMAINS, _CHECKS = "replplan.kernels", "replplan.domains", "replplan.checks"
_SCREENS = "replplan.screens"
_NOTEBOOKS = "replplan.notebooks"
DEFAULT_KERNEL = "ipython"
GOAL_DOMAIN = "notebook"


def kernel_opener(name: str = DEFAULT_KERNEL) -> KernelOpener:
    """What opens kernels of that kind.

    Raises:
        ConfigError: there is none of that name, or it does not import.
    """
    return cast("KernelOpener", _load(_KERNELS, "kernel", name))


def notebook_kernel() -> Callable[[Any], Any]:
    """What makes a kernel of the notebook that a plan was begun in, given the notebook's shell.

    Raises:
        ConfigError: there is none, or it does not import.
    """
    return cast("Callable[[Any], Any]", _load(_NOTEBOOKS, "kernel of notebooks", DEFAULT_KERNEL))


def domain_class(name: str) -> type[Domain]:
    """The class of a domain.

    Raises:
        ConfigError: there is none of that name, or it does not import.
    """
    return cast("type[Domain]", _load(_DOMAINS, "domain", name))


def goal_domain() -> type[GoalDomain]:
    """The class of the domain that takes a goal of the user's own.

    Raises:
        ConfigError: it is not installed, or does not import.
    """
    return cast("type[GoalDomain]", domain_class(GOAL_DOMAIN))


def domain_names() -> tuple[str, ...]:
    """The domains that are installed."""
    return tuple(sorted(entry_points(group=_DOMAINS).names))


def screen(name: str) -> Callable[..., Any]:
    """What opens a screen: `watch` for a trace, a run or a start, `plan` for a plan to be
    started, `browser` for the same as a page.

    Raises:
        ConfigError: there is none of that name, or it does not import.
    """
    return cast("Callable[..., Any]", _load(_SCREENS, "screen", name))


def package_checks() -> dict[str, Callable[[], Examine]]:
    """What packages have to tell `replplan doctor`, by name, each to be loaded yet."""
    return {e.name: e.load for e in entry_points(group=_CHECKS)}


def make_domain(name: str, options: dict[str, str]) -> Domain:
    """A domain with its own options, given as text as on a command line.

    Raises:
        ConfigError: no such domain, or it knows no such option, or refuses the value.
    """
    cls = domain_class(name)
    known = inspect.signature(cls).parameters
    options = dict(_said_yes(name, value, known) for name, value in options.items())
    for option in options:
        if option not in known:
            hint = _hint(hyphened(option), map(hyphened, known))
            raise ConfigError(f"the domain {name} has no option --{hyphened(option)}{hint}")
    try:
        return cls(**{n: _typed(known[n], n, value) for n, value in options.items()})
    except (TypeError, ValueError) as e:
        raise ConfigError(f"the domain {name} cannot be set up: {e}") from e


def domain_options(cls: type[Domain]) -> dict[str, inspect.Parameter]:
    """The options that a domain knows, by name."""
    return dict(inspect.signature(cls).parameters)


def _said_yes(name: str, value: str, known: Mapping[str, inspect.Parameter]) -> tuple[str, str]:
    """`--no-helpers` is `--helpers no`, for an option that is yes or no."""
    meant = name.removeprefix("no_")
    negated = name not in known and meant in known and isinstance(known[meant].default, bool)
    return (meant, "no") if negated and not value else (name, value)


def hyphened(option: str) -> str:
    """An option's name as it is typed."""
    return option.replace("_", "-")


def _typed(parameter: inspect.Parameter, name: str, text: str) -> Any:
    """A value of the type of the parameter's default."""
    default, flag = parameter.default, f"--{hyphened(name)}"
    if isinstance(default, bool):
        if text.lower() not in ("true", "false", "yes", "no", "1", "0", ""):
            raise ConfigError(f"{flag} is yes or no, not {text!r}")
        return text.lower() in ("true", "yes", "1", "")
    if isinstance(default, int | float):
        try:
            return type(default)(text)
        except ValueError:
            raise ConfigError(f"{flag} is a number, not {text!r}") from None
    return text


@cache
def _load(group: str, kind: str, name: str) -> object:
    found: dict[str, EntryPoint] = {e.name: e for e in entry_points(group=group)}
    if name not in found:
        raise ConfigError(f"there is no {kind} {name!r}{_hint(name, found)}")
    try:
        return found[name].load()
    except ImportError as e:
        raise ConfigError(f"the {kind} {name} cannot be loaded: {e}") from e


def _hint(word: str, known: object) -> str:
    words = [str(w) for w in known]  # type: ignore[attr-defined]
    if close := did_you_mean(word, words):
        return close
    return f"; there are: {', '.join(sorted(words))}" if words else ""
