"""Fuzzy questions about households, with their answers, as `ask` puts them to the model.

    uv run python benchmarks/distil/questions.py OUT.jsonl --official DIR --count 8000

What is true is read off training games: where things usually are, and what an observation says.
Of yes-or-no questions, each wording has as many yes as no: who always says yes is right in half.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

sys.path.append(str(Path(__file__).parents[1]))

from distil import wordings
from distil.knowledge import Knowledge
from distil.sights import DONE_TO, Sight, looks, together, walk, won
from distil.transcripts import games, learn
from distil.wordings import Wording
from replplan.prompt import Question, ask_messages
from replplan_domains.alfworld.game import Game
from replplan_domains.alfworld.records import read_record

YES_NO = {"type": "boolean"}
NUMBER = {"type": "integer"}
NAMES = {"type": "array", "items": {"type": "string"}}


class Asked(NamedTuple):
    """A question, its context, the schema of its answer, the answer, and its sort.

    `fits` is None where a text is asked for.
    """

    text: str
    context: tuple[str, ...]
    fits: dict[str, Any] | None
    answer: Any
    sort: str


@dataclass
class Asker:
    """Puts questions, as many with yes as with no of each wording.

    Attributes:
        draw: where chance comes from.
        new: whether to put them in the words that are not taught.
        kinds: types of things and receptacles that there are somewhere.
    """

    draw: random.Random
    new: bool = False
    kinds: tuple[str, ...] = ()
    _ahead: Counter[str] = field(default_factory=Counter)

    def yes_no(
        self, sort: str, context: tuple[str, ...], so: bool, **words: str
    ) -> Iterator[Asked]:
        """One in the words of that sort, unless there are more such answers than others."""
        among: tuple[Wording, ...] = getattr(wordings, sort.upper())
        fitting = [w for w in among if w.new == self.new and _has(w.text, words)]
        if len(context) > 1:  # "it" is one of several
            fitting = [w for w in fitting if "{" in w.text]
        # A third is in the plainest words.
        wording = self.draw.choice([fitting[0]] * (len(fitting) // 2) + fitting)
        truth = so if wording.so else not so
        step = 1 if truth else -1
        if self._ahead[wording.text] * step <= 0:
            self._ahead[wording.text] += step
            yield Asked(wording.text.format(**words), context, YES_NO, truth, sort)

    def other(self, *kinds: str) -> str:
        """A type of thing that is none of these; often one that reads like the first."""
        others = [k for k in self.kinds if k not in kinds]
        like = [k for k in others if kinds and {k[:4], k[-4:]} & {kinds[0][:4], kinds[0][-4:]}]
        return self.draw.choice(like if like and self.draw.random() < 0.4 else others)


def _has(text: str, words: dict[str, str]) -> bool:
    """Whether all that a wording speaks of is known."""
    return all(words.get(name) for name in ("thing", "place", "state") if f"{{{name}}}" in text)


def kind_of(name: str) -> str:
    """The type of a thing, of its name and number."""
    return name.rpartition(" ")[0]


def usual(knowledge: Knowledge, asker: Asker) -> Iterator[Asked]:
    """Where things usually are."""
    draw, known = asker.draw, [t for t in knowledge.things if knowledge.likely(t)]
    everywhere = sorted({w for t in known for w in knowledge.likely(t)})
    while True:
        thing = draw.choice(known)
        likely = knowledge.likely(thing)
        unlikely = [w for w in everywhere if w not in likely]
        if draw.random() < 0.3:
            others = draw.sample(unlikely, min(len(unlikely), draw.randint(1, 4)))
            best = draw.choice(likely[:2])
            among = sorted([best, *others], key=lambda _: draw.random())
            words = ("Where is a {} most likely?", "Where should I look for a {} first?")
            text = draw.choice(words).format(thing)
            yield Asked(text, (), {"enum": among}, best, "usual")
        else:
            so = draw.random() < 0.5
            place = draw.choice(likely[:3] if so else unlikely)
            yield from asker.yes_no("usual", (), so, thing=thing, place=place)


def there(sight: Sight, asker: Asker) -> Iterator[Asked]:
    """Whether a thing is among those that are seen."""
    draw, kinds = asker.draw, [kind_of(t) for t in sight.things]
    if sight.closed or sight.holds:
        so = bool(kinds) and draw.random() < 0.5
        told = [*sorted(kinds, key=lambda _: draw.random()), *map(kind_of, sight.closed)]
        thing = draw.choice(kinds) if so else asker.other(*told)
        yield from asker.yes_no("there", sight.texts, so, thing=thing)


def named(sight: Sight, asker: Asker) -> Iterator[Asked]:
    """Whether the one with that number is."""
    draw = asker.draw
    if sight.things and sight.closed:
        name, so = draw.choice(sight.things), draw.random() < 0.5
        kind = kind_of(name)
        others = [f"{kind} {n}" for n in range(1, 5) if f"{kind} {n}" not in sight.things]
        others += [t for t in [f"{asker.other(name)} 1"] if t not in sight.things]
        asked = name if so else draw.choice(others or [f"{kind} 9"])
        yield from asker.yes_no("named", sight.texts, so, thing=asked, place=sight.place)


def closed(sight: Sight, asker: Asker) -> Iterator[Asked]:
    """Whether a receptacle has to be opened."""
    if sight.closed:
        place = asker.draw.choice(sorted(sight.closed))
        if len(sight.closed) == 1 or asker.draw.random() < 0.7:
            yield from asker.yes_no("closed", sight.texts, sight.closed[place], place=place)


def empty(sight: Sight, asker: Asker) -> Iterator[Asked]:
    """Whether there is nothing in or on a receptacle."""
    if sight.place in sight.holds and sight.closed:
        so = not sight.holds[sight.place]
        yield from asker.yes_no("empty", sight.texts, so, place=sight.place)


def hand(sight: Sight, asker: Asker) -> Iterator[Asked]:
    """What is in the hand."""
    if sight.held is not None:
        kind = kind_of(sight.held)
        so = bool(kind) and asker.draw.random() < 0.5
        thing = kind if so else asker.other(kind)
        yield from asker.yes_no("holding", sight.texts, so, thing=thing)
        yield from asker.yes_no("free", sight.texts, not sight.held)


def outcome(sight: Sight, asker: Asker) -> Iterator[Asked]:
    """Whether a command was done, and what a thing is now."""
    if sight.worked is not None and len(sight.texts) == 1:
        yield from asker.yes_no("worked", sight.texts, sight.worked)
    for name, state in sight.state.items():
        so = bool(state) and asker.draw.random() < 0.5
        others = [s for s in DONE_TO.values() if s != state]
        said = state if so else asker.draw.choice(others)
        yield from asker.yes_no("state", sight.texts, so, thing=name, state=said)


def task(game: Game, asker: Asker) -> Iterator[Asked]:
    """What the sentence of a task asks for."""
    draw, texts = asker.draw, (f"Your task is to: {game.task}.",)
    verb = game.kind.treatment.verb if game.kind.treatment else ""
    wanted = DONE_TO.get(verb, "")
    so = bool(wanted) and draw.random() < 0.6
    state = wanted if so else draw.choice([s for s in DONE_TO.values() if s != wanted])
    yield from asker.yes_no("task", texts, so, thing=game.thing, state=state)
    so = draw.random() < 0.5
    thing = game.thing if so else asker.other(game.thing)
    yield from asker.yes_no("wanted", texts, so, thing=thing)
    yield from asker.yes_no("two", texts, game.kind.needed == 2)
    done = {"enum": ["clean", "heat", "cool", "nothing"]}
    yield Asked("What has to be done to it first?", texts, done, verb or "nothing", "task")


def counted(sight: Sight, asker: Asker) -> Iterator[Asked]:
    """How many of a thing there are."""
    if sight.closed and not all(sight.closed.values()):
        kinds = [kind_of(t) for t in sight.things]
        kind = asker.draw.choice([*kinds, *kinds, asker.other(*kinds)])
        words = ("How many of {} are there?", "How many {}s are there?", "How many {}s do you see?")
        text = asker.draw.choice(words).format(kind)
        yield Asked(text, sight.texts, NUMBER, kinds.count(kind), "counted")


def which(sight: Sight, asker: Asker) -> Iterator[Asked]:
    """Which of the things it is."""
    if sight.things and sight.closed:
        right = asker.draw.choice(sight.things)
        others = [t for t in sight.things if kind_of(t) != kind_of(right)]
        among = others[:4] or [f"{asker.other(kind_of(right))} 1"]
        options = sorted([right, *among], key=lambda _: asker.draw.random())
        text = f"Which is a {kind_of(right)}?"
        yield Asked(text, sight.texts, {"enum": options}, right, "which")


def listed(sight: Sight, asker: Asker) -> Iterator[Asked]:
    """The names of what is seen, as a list or as text."""
    if sight.place in sight.holds and sight.closed:
        things, names = sight.things, asker.draw.random() < 0.5
        texts = ("Which things are here?", "What is in or on the {}?", "What do you see?")
        text = asker.draw.choice(texts).format(sight.place)
        answer = list(things) if names else ", ".join(things) or "nothing"
        yield Asked(text, sight.texts, NAMES if names else None, answer, "listed")


ABOUT: tuple[tuple[Callable[[Sight, Asker], Iterator[Asked]], float], ...] = (
    *((there, 1.0), (there, 1.0), (there, 1.0), (there, 0.7), (named, 0.4), (closed, 0.9)),
    *((closed, 0.9), (closed, 0.5), (empty, 0.5), (hand, 0.9), (outcome, 0.6), (counted, 0.35)),
    *((which, 0.35), (listed, 0.15)),
)
"""What is asked of an observation, and how often."""


def seen(game: Game, asker: Asker, several: float = 0.15) -> Iterator[Asked]:
    """What observations say, a handful of questions about each; without end."""
    draw, around = asker.draw, looks(game, asker.draw)
    steps = chain(won(game, draw) if draw.random() < 0.3 else (), walk(game, draw))
    while True:
        sight = next(steps)
        if draw.random() < several:
            sight = together(list(islice(around, draw.randint(2, 3))))
        elif draw.random() < 0.35:
            sight = next(around)
        for ask, share in ABOUT:
            if draw.random() < share:
                yield from ask(sight, asker)


def transcript(asked: Asked) -> dict[str, Any]:
    """A question and its answer, as messages."""
    schema = None
    if asked.fits:
        schema = {"type": "object", "properties": {"answer": asked.fits}}
        schema |= {"required": ["answer"], "additionalProperties": False}
    messages = ask_messages(Question(asked.text, asked.context, schema))
    rows: list[dict[str, Any]] = [{"role": m.role, "content": m.content} for m in messages]
    reply = json.dumps({"answer": asked.answer}) if schema else asked.answer
    rows.append({"role": "assistant", "content": reply, "train": True})
    return {"game": "", "session": "ask", "sort": asked.sort, "messages": rows}


def ask_about(
    worlds: Iterable[Game], knowledge: Knowledge, asker: Asker, each: int = 24
) -> Iterator[Asked]:
    """Questions about games, and a third as many about what is usual; without end."""
    places = {w for thing in knowledge.things for w in knowledge.likely(thing)}
    asker.kinds = tuple(sorted({*knowledge.things, *places}))
    about = usual(knowledge, asker)
    for game in cycle(worlds):
        yield from task(game, asker)
        yield from islice(about, each // 3)
        yield from islice(seen(game, asker), each)


def questions(official: Path | None, count: int, yes_no: bool = False) -> list[dict[str, Any]]:
    """So many questions about training games."""
    asker = Asker(random.Random("questions"))
    worlds = (Game.from_record(read_record(t.data)) for _, t in games(official, count))
    asked = ask_about(worlds, learn(official), asker)
    wanted = (q for q in asked if q.fits is YES_NO or not yes_no)
    return [transcript(q) for q in islice(wanted, count)]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--official", type=Path)
    parser.add_argument("--count", type=int, default=8000)
    parser.add_argument("--yes-no", action="store_true", help="no others")
    args = parser.parse_args()
    rows = questions(args.official, args.count, args.yes_no)
    args.out.write_text("".join(json.dumps(row) + "\n" for row in rows))


if __name__ == "__main__":
    main()
