"""Caches for the official engine: what it would compute again is kept. No answer changes.

Nearly all of a step of the engine goes into parsing the same grammar texts again, into deep copies
of contexts and into command texts that depend only on facts that never change; nearly all of a
reset into translating the same problem again. What it answers is computed by its own functions.
Written for textworld 1.7.0 and fast-downward-textworld 20.6.4, which alfworld 0.4.2 pins.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

TASK = re.compile(r'"(Your task is to: [^"]*)"')

_installed = False


def install() -> None:
    """Put the caches in place, once and for the whole process."""
    global _installed
    if _installed:
        return
    _installed = True
    _keep_parsed_texts()
    _copy_no_deeper_than_needed()
    _keep_translations()
    _keep_facts()
    _keep_grammars()
    _keep_command_texts()


def are_installed() -> bool:
    """Whether they are in place in this process."""
    return _installed


def _keep_parsed_texts() -> None:
    import textworld.logic
    from textworld.envs.pddl import textgen

    parse = _by_rule(textgen._parse_and_convert, 4096)
    textgen._parse_and_convert = lambda text, rule_name, **_: _light_copy(parse(text, rule_name))
    rule = textworld.logic.Rule
    queries = lru_cache(maxsize=1024)(rule.parse_conjunctive_query)
    rule.parse_conjunctive_query = staticmethod(queries)


def _copy_no_deeper_than_needed() -> None:
    """Contexts and symbols are copied as deep as they are written to."""
    from textworld.envs.pddl import textgen

    textgen.deepcopy = _light_copy


def _light_copy(value: Any) -> Any:
    from textworld.envs.pddl.textgen import Symbol

    if type(value) is dict:
        return dict(value)
    if isinstance(value, list):
        return [_light_copy(item) for item in value]
    new = copy.copy(value)
    if isinstance(value, Symbol):
        for name in ("symbol", "expression"):
            if isinstance(new.__dict__.get(name), Symbol):
                new.__dict__[name] = _light_copy(new.__dict__[name])
    return new


def _keep_translations() -> None:
    """A problem is translated once, when its game is loaded, and not again at each reset.

    A second translation of it, pruned, is read by the planner of the engine alone, when it is
    asked for a plan. We never do; it is given the first one, of the same problem.
    """
    import fast_downward

    translate = lru_cache(maxsize=8)(fast_downward.pddl2sas)

    def pddl2sas(domain: str, problem: str, verbose: bool = False, optimize: bool = False) -> Any:
        return translate(domain, problem)

    fast_downward.pddl2sas = pddl2sas


def _keep_facts() -> None:
    """The facts of a state are listed once, not once a command, until one changes."""
    from textworld.envs.pddl.logic import PddlState

    listed, add, remove = PddlState.facts.fget, PddlState.add_fact, PddlState.remove_fact

    def facts(self: Any) -> list[Any]:
        if "_listed" not in self.__dict__:
            self._listed = list(listed(self))
        kept: list[Any] = self._listed
        return kept

    def add_fact(self: Any, fact: Any) -> None:
        self.__dict__.pop("_listed", None)
        add(self, fact)

    def remove_fact(self: Any, fact: Any) -> None:
        self.__dict__.pop("_listed", None)
        remove(self, fact)

    PddlState.facts, PddlState.add_fact = property(facts), add_fact
    PddlState.remove_fact = remove_fact


def _keep_grammars() -> None:
    """All games share a grammar but for the sentence of the task."""
    from textworld.envs.pddl import logic, textgen

    read = _by_rule(logic._parse_and_convert, 8)

    def read_grammar(text: str, rule_name: str) -> tuple[dict[str, Any], Any]:
        task = TASK.search(text)
        actions, grammar = read(text.replace(task[1], "TASK") if task else text, rule_name)
        own = textgen.ContextSensitiveGrammar()
        own.update(grammar)
        if task:
            sentence = textgen._parse_and_convert(task[1], rule_name="symbols")
            own._rules["task"] = [textgen.ProductionRule("task", sentence)]
        return dict(actions), own

    logic._parse_and_convert = read_grammar


def _keep_command_texts() -> None:
    """The facts that the text of a command depends on never change."""
    from textworld.envs.pddl import logic

    stock = logic.PddlState.all_applicable_actions

    def applicable(self: Any) -> list[Any]:
        known = self.__dict__.setdefault("_known", {})
        actions: list[Any] = stock(self)
        for action in actions:
            key = (action.name, *(v.name for v in action.mapping.values()))
            if key in known:
                action.command_template = known[key].command_template
            known[key] = action
        return actions

    logic.PddlState.all_applicable_actions = applicable


def _by_rule(parse: Callable[..., Any], size: int) -> Callable[[str, str], Any]:
    """A parser that keeps what it parsed."""

    @lru_cache(maxsize=size)
    def parsed(text: str, rule_name: str) -> Any:
        return parse(text, rule_name=rule_name)

    return parsed
