"""Many short questions in one row, each beginning that they share computed once.

The tokens of a batch are a tree: what begins alike is one branch. A token looks at those on its
way from the root alone, at the positions that they have in their own text, so what comes of it is
what comes of the questions one by one. Of a reply, `true` or `false` is all that is learnt: the
rest is given by the schema that it is held to.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 the name that it has everywhere
from smollm import SmolLM, encode_chat
from tokenizers import Tokenizer
from torch import Tensor

BEGUN = '<|im_start|>assistant\n{"answer":'
"""What a schema leaves no choice about."""

Sample = tuple[list[int], list[bool]]
Pack = list[Sample]


def encode_yes_no(tok: Tokenizer, messages: list[dict[str, Any]]) -> Sample:
    """Tokens of a yes-or-no question up to the value of its answer, the one that is learnt."""
    reply = messages[-1]["content"]
    assert isinstance(json.loads(reply)["answer"], bool)
    ids = encode_chat(tok, messages[:-1])[0]
    ids += [*tok.encode(BEGUN).ids, value_token(tok, reply)]
    return ids, [False] * (len(ids) - 1) + [True]


def value_token(tok: Tokenizer, reply: str) -> int:
    """The token of `true` or `false` in a reply."""
    word = " true" if json.loads(reply)["answer"] else " false"
    return int(tok.encode(f"{BEGUN}{word}").ids[len(tok.encode(BEGUN).ids)])


@dataclass
class Tree:
    """Texts that share their beginnings.

    Attributes:
        ids, parents, depths: of each token; the parent of a first one is -1.
        learnt: for each learnt token, the one before it, and itself.
    """

    ids: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    learnt: list[tuple[int, int]] = field(default_factory=list)
    _children: dict[tuple[int, int], int] = field(default_factory=dict)

    def add(self, sample: Sample) -> None:
        """Enter a text, whose last token is learnt."""
        *before, last = sample[0]
        at = -1
        for depth, token in enumerate(before):
            if (at, token) not in self._children:
                self._children[at, token] = len(self.ids)
                self.ids.append(token)
                self.parents.append(at)
                self.depths.append(depth)
            at = self._children[at, token]
        self.learnt.append((at, last))

    def mask(self) -> Tensor:
        """Which tokens each one looks at."""
        looks = torch.zeros(len(self.ids), len(self.ids), dtype=torch.bool)
        for i, parent in enumerate(self.parents):
            if parent >= 0:
                looks[i] = looks[parent]
            looks[i, i] = True
        return looks


def grown(samples: Iterable[Sample]) -> Tree:
    """The tree of some texts."""
    tree = Tree()
    for sample in samples:
        tree.add(sample)
    return tree


def answer_scores(model: SmolLM, tree: Tree, device: str) -> Tensor:
    """Scores of every token where the answers of a tree stand, of shape (texts, vocabulary)."""
    ids, depths = torch.tensor([tree.ids]), torch.tensor(tree.depths)
    hidden = model(ids.to(device), depths.to(device), tree.mask().to(device))[0]
    return model.logits(hidden[[at for at, _ in tree.learnt]])


def shared_loss(model: SmolLM, pack: Pack, device: str) -> Tensor:
    """Mean loss of the answers."""
    tree = grown(pack)
    wanted = torch.tensor([token for _, token in tree.learnt], device=device)
    return F.cross_entropy(answer_scores(model, tree, device), wanted)


def packs(samples: list[Sample], batch_tokens: int, seed: int) -> list[Pack]:
    """Batches of so many tokens after sharing, in an order that follows from the seed.

    Questions about one observation, neighbours in the data, stay together.
    """
    draw = random.Random(seed)
    families = list(_families(samples))
    draw.shuffle(families)
    found: list[Pack] = [[]]
    tree = Tree()
    for family in families:
        for sample in family:
            tree.add(sample)
        if found[-1] and len(tree.ids) > batch_tokens:
            found.append([])
            tree = grown(family)
        found[-1] += family
    return found


def _families(samples: list[Sample]) -> Iterator[Pack]:
    """Neighbours that begin with the same observation."""
    family: Pack = []
    for sample in samples:
        if family and _shared(family[-1][0], sample[0]) < _SYSTEM:
            yield family
            family = []
        family.append(sample)
    if family:
        yield family


_SYSTEM = 72
"""Tokens: more than the system message, and less than that with an observation."""


def _shared(one: list[int], other: list[int]) -> int:
    """How many tokens two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))
