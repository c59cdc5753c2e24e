"""When a game is won."""

from __future__ import annotations

from replplan_domains.alfworld.game import Game, State


def won(game: Game, state: State) -> bool:
    """Whether the task is done in this state."""
    return _lit(game, state) if game.kind.needs_light else _placed(game, state)


def _lit(game: Game, state: State) -> bool:
    """The thing is in the hand, and a lamp that was used stands at this location."""
    if state.held is None or game.type.get(state.held) != game.thing:
        return False
    return any(
        game.type.get(o) == game.target and o in state.used and game.has("toggleable", o)
        for r in game.here.get(state.at, ())
        for o in state.inside[game.slot[r]]
    )


def _placed(game: Game, state: State) -> bool:
    """One receptacle of the right type holds as many of the things as are asked for."""
    return any(
        sum(_counts(game, state, o) for o in inside) >= game.kind.needed
        for r, inside in zip(game.receptacles, state.inside, strict=True)
        if game.type[r] == game.target
    )


def _counts(game: Game, state: State, thing: str) -> bool:
    if game.type.get(thing) != game.thing:
        return False
    treatment = game.kind.treatment
    if treatment is None:
        return True
    return game.has(treatment.needs, thing) and thing in getattr(state, treatment.gives)
