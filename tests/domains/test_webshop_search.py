"""Search: words, stems, scores and order, as Lucene has them."""

import io
import math
import random
from array import array
from collections import Counter
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replplan_domains.webshop import WebShop
from replplan_domains.webshop.search.analyser import analyse
from replplan_domains.webshop.search.bm25 import Corpus, kept_length, score, single
from replplan_domains.webshop.search.index import Index, IndexBuilder
from replplan_domains.webshop.search.porter import stem
from replplan_domains.webshop.search.words import words
from replplan_domains.webshop.storage import Store, Writer


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3.14 1,000 a:b usb3.0 foo_bar", ["3.14", "1,000", "a:b", "usb3.0", "foo_bar"]),
        ("x-large well-made", ["x", "large", "well", "made"]),
        ("Acme® Super™ 😀", ["Acme", "®", "Super", "™", "😀"]),
        ("東京タワー ひと", ["東", "京", "タワー", "ひ", "と"]),
        ("men's dogs’ don't", ["men's", "dogs", "don't"]),
        ("1. a. ...", ["1", "a"]),
        ("___ _a_", ["_a_"]),
        ("naïve café 🇩🇪 👩‍🔬", ["naïve", "café", "🇩🇪", "👩‍🔬"]),
        ("", []),
    ],
)
def test_words_are_those_of_unicode(text, found):
    assert words(text) == found


def test_a_long_word_is_chopped():
    assert [len(word) for word in words("a" * 600 + " b")] == [255, 255, 90, 1]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("caresses", "caress"), ("ponies", "poni"), ("cats", "cat"), ("agreed", "agre"),
        ("plastered", "plaster"), ("hopping", "hop"), ("falling", "fall"), ("filing", "file"),
        ("happy", "happi"), ("sky", "sky"), ("relational", "relat"), ("possibly", "possibl"),
        ("technology", "technolog"), ("adjustable", "adjust"), ("adoption", "adopt"),
        ("controll", "control"), ("us", "us"), ("as", "as"), ("es", "es"), ("rate", "rate"),
    ],
)  # fmt: skip
def test_stems_are_those_of_porter_as_lucene_has_them(word, expected):
    assert stem(word) == expected


def test_terms_have_no_possessive_no_stop_words_and_no_capitals():
    assert analyse("The Men's and WOMEN’S Shirts, İstanbul") == [
        "men",
        "women",
        "shirt",
        "istanbul",
    ]


def test_lengths_are_kept_in_one_byte():
    assert [kept_length(n) for n in range(41)] == list(range(41))
    assert [kept_length(n) for n in (41, 42, 55, 56, 60, 100, 1000)] == [
        40,
        42,
        54,
        56,
        60,
        96,
        984,
    ]


def index_of(texts, rank=None):
    builder, file = IndexBuilder(), io.BytesIO()
    for text in texts:
        builder.add(text)
    writer = Writer(file)
    builder.write(writer)
    writer.finish({})
    numbers = array("I", rank or range(len(texts)))
    return Index(Store(file.getvalue()), memoryview(numbers))


def by_the_formula(texts, query, most):
    """The same search, written as the formula is."""
    counts = [Counter(analyse(text)) for text in texts]
    lengths = [sum(c.values()) for c in counts]
    used = [n for n in lengths if n] or [1]
    corpus = Corpus(len(used), single(sum(used) / len(used)))
    ranked = []
    for number, (count, length) in enumerate(zip(counts, lengths, strict=True)):
        parts = []
        for term, times in Counter(analyse(query)).items():
            if count[term]:
                weight = corpus.weight(sum(term in c for c in counts), times)
                parts.append(score(weight, count[term], corpus.norm(kept_length(length))))
        if parts:
            ranked.append((-single(math.fsum(parts)), number))
    return [number for _, number in sorted(ranked)[:most]]


WORDS = ["red", "blue", "shirt", "mug", "lamp", "usb", "the"]


@settings(max_examples=150)
@given(
    st.lists(st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join), min_size=1, max_size=30),
    st.lists(st.sampled_from([*WORDS, "unknown"]), max_size=6).map(" ".join),
    st.integers(1, 8),
)
def test_the_best_are_found_in_order(texts, query, most):
    assert index_of(texts).search(query, most) == by_the_formula(texts, query, most)


@pytest.mark.slow
def test_what_is_skipped_in_long_lists_could_not_have_been_found():
    """Common words in 30,000 documents, rare ones in a few: the same as without skipping."""
    draw = random.Random(7)
    vocabulary = [f"w{i}" for i in range(400)]
    weights = [1 / (i + 1) for i in range(400)]
    texts = [
        " ".join(draw.choices(vocabulary, weights, k=draw.randint(3, 25))) for _ in range(30_000)
    ]
    index, counts = index_of(texts), [Counter(analyse(text)) for text in texts]
    frequency = Counter(term for count in counts for term in count)
    lengths = [sum(count.values()) for count in counts]
    corpus = Corpus(len(texts), single(sum(lengths) / len(texts)))
    norms = [corpus.norm(kept_length(length)) for length in lengths]
    for _ in range(12):
        query = " ".join(draw.sample(vocabulary[:8], 3) + draw.sample(vocabulary, 3))
        weight = {t: corpus.weight(frequency[t], n) for t, n in Counter(analyse(query)).items()}
        totals = []
        for number, count in enumerate(counts):
            parts = [score(w, count[t], norms[number]) for t, w in weight.items() if count[t]]
            totals.append((-single(sum(parts)), number))
        assert index.search(query, 50) == [number for _, number in sorted(totals)[:50]]


@pytest.mark.slow
def test_official_goods_are_found_as_the_formula_finds_them(data_folder):
    """For the instructions of all goals, and for 500 random sets of words: the same 50."""
    shop = WebShop(data=data_folder / "webshop").shop
    texts = {asin: shop.product(asin).indexed for asin in shop.asins}
    scan = PlainScan(texts)
    goals = (shop.goal(n) for split in ("all", "human") for n in shop.splits[split])
    queries = list(dict.fromkeys(goal.instruction.lower() for goal in goals))
    vocabulary, draw = sorted({w for text in texts.values() for w in words(text)}), random.Random(5)
    queries += [" ".join(draw.sample(vocabulary, draw.randint(1, 8))) for _ in range(500)]
    assert len(queries) > 7000
    assert [query for query in queries if list(shop.search(query)) != scan.search(query)] == []


class PlainScan:
    """The same search, with every document looked at."""

    def __init__(self, texts):
        self.names = list(texts)
        lengths, self.postings = [], {}
        for number, text in enumerate(texts.values()):
            counts = Counter(analyse(text))
            lengths.append(sum(counts.values()))
            for term, count in counts.items():
                self.postings.setdefault(term, []).append((number, count))
        used = [n for n in lengths if n]
        self.corpus = Corpus(len(used), single(sum(used) / len(used)))
        self.norms = [self.corpus.norm(kept_length(n)) for n in lengths]

    @cache  # noqa: B019 lives as long as the test
    def scores(self, term, times):
        found = self.postings.get(term, [])
        weight = self.corpus.weight(len(found), times)
        return [(number, score(weight, count, self.norms[number])) for number, count in found]

    def search(self, query):
        totals = {}
        for term, times in Counter(analyse(query)).items():
            for number, adds in self.scores(term, times):
                totals[number] = totals.get(number, 0.0) + adds
        ranked = sorted((-single(total), self.names[n]) for n, total in totals.items())
        return [name for _, name in ranked[:50]]


def test_equal_ones_stand_by_their_rank():
    assert index_of(["red mug"] * 4, rank=[2, 0, 3, 1]).search("mug", 3) == [1, 3, 0]


@pytest.mark.parametrize("query", ["", "   ", "the of and", "nowhere", "\ud800", "\x00", "[]{}"])
def test_a_query_that_says_nothing_finds_nothing(query):
    assert index_of(["red mug", "blue mug"]).search(query, 50) == []


def test_a_word_twice_counts_double_and_a_long_query_is_no_trouble():
    index = index_of(["red mug red", "blue mug", "red blue"])
    assert index.search("mug mug mug red", 1) == [0]
    assert set(index.search("blue " * 2_000, 50)) == {1, 2}
