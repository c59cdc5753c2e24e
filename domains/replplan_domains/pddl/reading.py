"""PDDL as it is written: the fragment STRIPS with types and `(not (= ?x ?y))`.

The language: McDermott et al., PDDL - The Planning Domain Definition Language, 1998.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from replplan.errors import DomainError

Fact = tuple[str, ...]
"""A predicate and its objects: `("on", "a", "b")`."""

Expression = str | list["Expression"]
Typed = tuple[tuple[str, str], ...]
"""Names, each with its type."""

_KNOWN = {":strips", ":typing", ":equality"}
_SIGNS = re.compile(r"[()]|[^\s()]+")
OBJECT = "object"


@dataclass(frozen=True)
class Schema:
    """An action with parameters: what it needs, what it makes true, what it ends.

    `unequal` are pairs of parameters that may not be the same object.
    """

    name: str
    parameters: Typed
    needs: tuple[Fact, ...]
    makes: tuple[Fact, ...]
    ends: tuple[Fact, ...]
    unequal: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class World:
    """A domain of PDDL: the kinds of its things, and what can be done."""

    name: str
    types: dict[str, str]
    constants: Typed
    predicates: dict[str, int]
    schemas: tuple[Schema, ...]

    def kinds(self, kind: str) -> Iterator[str]:
        """A type and those above it."""
        seen = set[str]()
        while kind not in seen:
            seen.add(kind)
            yield kind
            kind = self.types.get(kind, OBJECT)


@dataclass(frozen=True)
class Problem:
    """A problem of PDDL: its things, how they stand, and how they are to stand."""

    name: str
    world: str
    objects: Typed
    initial: frozenset[Fact]
    goal: frozenset[Fact]


def read_both(text: str) -> tuple[World, Problem]:
    """The world and the problem of a text that holds both, one after the other.

    Raises:
        DomainError: it holds something else, or goes beyond the fragment.
    """
    found = _expressions(text)
    if len(found) != 2:
        raise DomainError(f"the text holds {len(found)} definitions of PDDL, not a domain's and"
                          " a problem's")  # fmt: skip
    return _world(found[0]), _problem(found[1])


def _expressions(text: str) -> list[Expression]:
    """Everything in brackets, in lower case, without comments."""
    stack: list[list[Expression]] = [[]]
    for sign in _SIGNS.findall(re.sub(r";[^\n]*", "", text).lower()):
        if sign == "(":
            stack.append([])
        elif sign != ")":
            stack[-1].append(sign)
        elif len(stack) == 1:
            raise DomainError("PDDL closes a bracket that was never opened")
        else:
            done = stack.pop()
            stack[-1].append(done)
    if len(stack) > 1:
        raise DomainError("PDDL ends before its brackets are closed")
    return stack[0]


def _parts(definition: Expression, kind: str) -> tuple[str, list[list[Expression]]]:
    """The name of a definition, and its sections."""
    match definition:
        case ["define", [str(word), str(name)], *rest] if word == kind:
            sections = [part for part in rest if isinstance(part, list) and part]
            if len(sections) == len(rest):
                return name, sections
    raise DomainError(f"this is no definition of a {kind} in PDDL: (define ({kind} NAME) ...)")


def _world(definition: Expression) -> World:
    name, sections = _parts(definition, "domain")
    types, constants, predicates = dict[str, str](), Typed(), dict[str, int]()
    schemas = list[Schema]()
    for section in sections:
        match section:
            case [":requirements", *words]:
                _check_requirements(words)
            case [":types", *words]:
                types = dict(typed(words))
            case [":constants", *words]:
                constants = typed(words)
            case [":predicates", *words]:
                predicates = dict(map(_predicate, words))
            case [":action", str(action), *words]:
                schemas.append(_schema(action, words))
            case _:
                raise DomainError(f"PDDL's {section[0]} is not read here, only STRIPS with types")
    return World(name, types, constants, predicates, tuple(schemas))


def _check_requirements(words: Sequence[Expression]) -> None:
    beyond = [word for word in words if word not in _KNOWN]
    if beyond:
        raise DomainError(f"PDDL's {beyond[0]} is not read here, only STRIPS with types")


def _predicate(words: Expression) -> tuple[str, int]:
    match words:
        case [str(name), *parameters]:
            return name, len(typed(parameters))
    raise DomainError(f"{words!r} is no predicate of PDDL")


def _schema(name: str, words: Sequence[Expression]) -> Schema:
    fields = dict(zip(map(str, words[::2]), words[1::2], strict=False))
    parameters = fields.get(":parameters", [])
    needs = _literals(fields.get(":precondition", []))
    effects = _literals(fields.get(":effect", []))
    differ = [fact for good, fact in needs if not good]
    if any(fact[0] != "=" for fact in differ):
        raise DomainError(f"{name} of PDDL needs what is not: that is not read here, only STRIPS")
    return Schema(
        name=name,
        parameters=typed(parameters if isinstance(parameters, list) else [parameters]),
        needs=tuple(fact for good, fact in needs if good),
        makes=tuple(fact for good, fact in effects if good),
        ends=tuple(fact for good, fact in effects if not good),
        unequal=tuple((fact[1], fact[2]) for fact in differ if len(fact) == 3),
    )


def _problem(definition: Expression) -> Problem:
    name, sections = _parts(definition, "problem")
    found = {str(section[0]): section[1:] for section in sections}
    missing = [key for key in (":domain", ":init", ":goal") if not found.get(key)]
    if missing:
        raise DomainError(f"the problem {name} of PDDL has no {missing[0]}")
    goal = _literals(found[":goal"][0])
    if not all(good for good, _ in goal):
        raise DomainError(f"the goal of {name} holds a (not ...): only STRIPS is read here")
    return Problem(
        name=name,
        world=str(found[":domain"][0]),
        objects=typed(found.get(":objects", [])),
        initial=frozenset(_fact(words) for words in found[":init"]),
        goal=frozenset(fact for _, fact in goal),
    )


def typed(words: Sequence[Expression]) -> Typed:
    """Names in a list such as `a b - block c`, each with its type.

    Raises:
        DomainError: a type is more than a word.
    """
    found, open_ = list[tuple[str, str]](), list[str]()
    rest = iter(words)
    for word in rest:
        kind = next(rest, None) if word == "-" else word
        if not isinstance(kind, str):
            raise DomainError("a type of PDDL is more than a word: only STRIPS is read here")
        if word == "-":
            found += [(name, kind) for name in open_]
            open_ = []
        else:
            open_.append(kind)
    return tuple(found + [(name, OBJECT) for name in open_])


def _literals(words: Expression) -> list[tuple[bool, Fact]]:
    """The facts of a conjunction, each with whether it is to hold."""
    match words:
        case []:
            return []
        case ["and", *parts]:
            return [literal for part in parts for literal in _literals(part)]
        case ["not", inner]:
            return [(False, _fact(inner))]
    return [(True, _fact(words))]


def _fact(words: Expression) -> Fact:
    match words:
        case [str(), *_] if all(isinstance(word, str) for word in words):
            if words[0] not in ("or", "forall", "exists", "when", "imply", "increase"):
                return tuple(map(str, words))
    raise DomainError(f"{written(words)} is not read here, only STRIPS with types")


def written(words: Expression | Fact) -> str:
    """A fact or an expression, as PDDL writes it."""
    if isinstance(words, str):
        return words
    return f"({' '.join(map(written, words))})"
