"""The index: what it is made from, and how it is asked."""

from __future__ import annotations

import heapq
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from replplan.errors import DomainError
from replplan_domains.webshop.search.analyser import analyse
from replplan_domains.webshop.search.bm25 import Corpus, kept_length, score, single
from replplan_domains.webshop.storage import Store, Texts, Writer

_MOST_PAIRS = 1 << 16
_SAFE = 1 - 1e-6
"""A bound has to be missed by more than rounding can move a score."""

_LONG = 4096
"""In a shorter list nothing is worth skipping; it is kept ready instead."""

_JUMP = 24
"""Looking a document up in a list costs about as much as passing over so many of its entries."""


class IndexBuilder:
    """Takes documents one by one.

    What a document adds for a term depends on two numbers alone: how often it has the term and
    its kept length. Every such pair gets a number, so a posting is a document and a pair.
    """

    def __init__(self) -> None:
        self._postings: dict[str, tuple[array[int], array[int]]] = {}
        self._pairs: dict[tuple[int, int], int] = {}
        self._documents = self._used = self._terms = 0

    def add(self, text: str) -> None:
        """Index the next document."""
        counts = Counter(analyse(text))
        total = sum(counts.values())
        length = kept_length(total)
        pair_of = {count: self._pair(count, length) for count in set(counts.values())}
        for term, count in counts.items():
            found = self._postings.get(term)
            if found is None:
                found = self._postings[term] = array("I"), array("H")
            found[0].append(self._documents)
            found[1].append(pair_of[count])
        self._documents += 1
        self._used += total > 0
        self._terms += total

    def _pair(self, count: int, length: int) -> int:
        number = self._pairs.setdefault((count, length), len(self._pairs))
        if number >= _MOST_PAIRS:
            raise DomainError("the texts of this catalogue are too long to be indexed")
        return number

    def write(self, writer: Writer) -> None:
        """Write the index into a store."""
        terms = sorted(self._postings)
        begins = array("Q", [0])
        for term in terms:
            begins.append(begins[-1] + len(self._postings[term][0]))
        corpus = Corpus(max(self._used, 1), single(self._terms / max(self._used, 1)))
        writer.texts("terms", (term.encode("utf-8", "surrogatepass") for term in terms))
        writer.numbers("begins", [begins], "Q")
        writer.numbers("documents", (self._postings[t][0] for t in terms), "I")
        writer.numbers("pairs", (self._postings[t][1] for t in terms), "H")
        writer.numbers("best", [array("H", self._best(terms, corpus))], "H")
        writer.numbers("counts", [array("I", (count for count, _ in self._pairs))], "I")
        writer.numbers("lengths", [array("I", (length for _, length in self._pairs))], "I")
        writer.numbers("corpus", [array("Q", [self._used, self._terms])], "Q")

    def _best(self, terms: list[str], corpus: Corpus) -> Iterator[int]:
        """For each term the pair that adds most: the bound that lets a search skip documents."""
        impact = [count * corpus.norm(length) for count, length in self._pairs]
        for term in terms:
            yield max(set(self._postings[term][1]), key=impact.__getitem__)


class _Scores(dict[int, float]):
    """What each pair adds for a term of that weight; worked out when it is first met."""

    def __init__(self, weight: float, counts: memoryview[int], norms: list[float]) -> None:
        self._weight, self._counts, self._norms = weight, counts, norms

    def __missing__(self, pair: int) -> float:
        self[pair] = value = score(self._weight, self._counts[pair], self._norms[pair])
        return value


class _Term(NamedTuple):
    """A term of a query: where it stands, what it adds there, and at most."""

    documents: Sequence[int]
    pairs: memoryview[int]
    scores: _Scores
    most: float
    adds: Sequence[float] | None

    @property
    def entries(self) -> Iterator[tuple[int, float]]:
        """Each document, and what the term adds to it."""
        adds = map(self.scores.__getitem__, self.pairs) if self.adds is None else self.adds
        return zip(self.documents, adds, strict=True)


class Index:
    """Finds the documents that score highest for a query."""

    def __init__(self, store: Store, rank: memoryview[int]) -> None:
        """Read an index.

        Args:
            store: what the builder wrote into.
            rank: the place of each document among those of equal score.
        """
        self._terms, self._begins = store.texts("terms"), store.numbers("begins")
        self._documents, self._pairs = store.numbers("documents"), store.numbers("pairs")
        self._best, self._counts = store.numbers("best"), store.numbers("counts")
        used, terms = store.numbers("corpus")
        self._corpus = Corpus(max(used, 1), single(terms / max(used, 1)))
        self._norms = [self._corpus.norm(length) for length in store.numbers("lengths")]
        self._rank = rank
        self._term = lru_cache(maxsize=4096)(self._read_term)

    def search(self, query: str, most: int) -> list[int]:
        """The numbers of the best documents, best first; those of no term of the query are none."""
        counts = Counter(analyse(query))
        found = [term for item in counts.items() if (term := self._term(*item))]
        totals = _add_up(sorted(found, key=lambda term: len(term.documents)), most)
        if len(totals) > most:
            floor = heapq.nlargest(most, totals.values())[-1] * _SAFE
            totals = {document: total for document, total in totals.items() if total >= floor}
        ranked = sorted((-single(total), self._rank[n], n) for n, total in totals.items())
        return [document for _, _, document in ranked[:most]]

    def _read_term(self, term: str, times: int) -> _Term | None:
        number = _find(self._terms, term.encode("utf-8", "surrogatepass"))
        if number is None:
            return None
        part = slice(self._begins[number], self._begins[number + 1])
        documents, pairs = self._documents[part], self._pairs[part]
        weight = self._corpus.weight(len(documents), times)
        scores = _Scores(weight, self._counts, self._norms)
        most = scores[self._best[number]]
        if len(documents) > _LONG:
            return _Term(documents, pairs, scores, most, None)
        return _Term(list(documents), pairs, scores, most, [scores[pair] for pair in pairs])


def _find(terms: Texts, term: bytes) -> int | None:
    number = bisect_left(terms, term)
    return number if number < len(terms) and terms[number] == term else None


def _add_up(terms: list[_Term], most: int) -> dict[int, float]:
    """The total of every document that can be among the best.

    Rare terms come first. Once what is still to come cannot lift a new document over those that
    are in already, the long lists of common terms are only looked into for these (the bound of
    MaxScore: H. Turtle and J. Flood, Query evaluation: strategies and optimizations, 1995).
    Totals are exact sums: the scores are short numbers, and doubles hold their sums in any order.
    """
    totals: dict[int, float] = {}
    rest = sum(term.most for term in terms)
    for term in terms:
        if len(term.documents) > max(len(totals), _LONG) and len(totals) >= most:
            floor = heapq.nlargest(most, totals.values())[-1] * _SAFE
            if rest < floor:
                totals = {d: total for d, total in totals.items() if total + rest >= floor}
                _add_to_these(term, totals)
                rest -= term.most
                continue
        _add_to_all(term, totals)
        rest -= term.most
    return totals


def _add_to_all(term: _Term, totals: dict[int, float]) -> None:
    get = totals.get
    for document, add in term.entries:
        totals[document] = get(document, 0.0) + add


def _add_to_these(term: _Term, totals: dict[int, float]) -> None:
    documents = term.documents
    if len(totals) * _JUMP > len(documents):
        for document, add in term.entries:
            if document in totals:
                totals[document] += add
        return
    for document in totals:
        place = bisect_left(documents, document)
        if place < len(documents) and documents[place] == document:
            totals[document] += term.scores[term.pairs[place]]
