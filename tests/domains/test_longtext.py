"""Questions over long texts: every answer found again from the text alone."""

from __future__ import annotations

import itertools
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replplan.baseline import play_baseline
from replplan.cell import Answer
from replplan.errors import ConfigError
from replplan.plugins import make_domain
from replplan_domains.longtext import LongText
from replplan_domains.longtext.questions import KINDS
from replplan_domains.longtext.reader import key_in, reply_to, topics_of
from replplan_domains.longtext.tasks import LENGTHS, SIZES, Case, case
from replplan_domains.longtext.text import draw_text
from replplan_domains.longtext.words import PLACES, STREETS, TIMES, TOPICS

DOMAIN = LongText()
LINE = re.compile(r"(\d{4}-\d\d-\d\d) \| person (\d+) \| (.+)")


def by_reading(here: Case):
    """The answer, from the lines of the text and the words of the question."""
    lines, question = here.text.written.splitlines(), here.goal.splitlines()[0]
    if here.kind == "needle":
        keys = dict(filter(None, (key_in(line.split(" | ")[2]) for line in lines)))
        return keys[re.search(r"opens the (.*)\?", question)[1]]
    first, last = re.findall(r"\d{4}-\d\d-\d\d", question)
    picked = [LINE.fullmatch(line).groups() for line in lines if first <= line[:10] <= last]
    read = [(int(person), topics_of(words)) for _, person, words in picked]
    about = Counter(topic for _, topics in read for topic in topics)
    if here.kind == "by-topic":
        return {topic: about[topic] for topic in TOPICS}
    topic = re.search(r"about (\w+)", question)[1]
    if here.kind == "count":
        return about[topic]
    persons = sorted({person for person, topics in read if topic in topics})
    return [list(pair) for pair in itertools.product(persons, persons) if pair[0] < pair[1]]


@given(st.integers(0, 10**6), st.sampled_from((2_000, 5_000, 20_000)))
@settings(max_examples=30)
def test_any_seed_has_an_answer_that_is_in_its_text(seed, tokens):
    here = case("seeds", seed, tokens)
    assert by_reading(here) == here.answer
    assert len(here.text.written) == pytest.approx(4 * tokens, rel=0.06)
    draw_text.cache_clear()
    assert case("seeds", seed, tokens).answer == here.answer


@pytest.mark.parametrize("tokens", LENGTHS)
def test_answers_are_in_texts_of_every_length(tokens):
    """Of 10 million tokens, one text is enough."""
    numbers = range(4) if tokens < 10**6 else (3,)
    for number in numbers:
        task = LongText(size=tokens).tasks("test")[number]
        here = case("test", number, tokens)
        assert by_reading(here) == here.answer
        assert DOMAIN.score(task, None, Answer(value=by_reading(here))).solved
        assert len(here.text.written) == pytest.approx(4 * tokens, rel=0.02)


def test_no_message_can_be_taken_for_one_of_another_topic():
    for topic, forms in TOPICS.items():
        for form in forms:
            for street, time in itertools.product(STREETS[:3], TIMES):
                assert topics_of(form.format(street=street, house=7, time=time)) == {topic}


def test_a_place_has_one_key_that_opens_it_and_one_that_does_not():
    text = draw_text("any", 5_000)
    about = [x.words for x in text.letters if not x.topic]
    assert len(about) == 2 * len(PLACES)
    assert dict(filter(None, map(key_in, about))) == text.keys
    assert not any(topics_of(words) for words in about)


def test_tasks_are_of_every_kind_and_length():
    tasks = DOMAIN.tasks("dev")
    assert len(tasks) == SIZES["dev"]
    seen = {(task.data["kind"], task.data["tokens"]) for task in tasks}
    assert seen == set(itertools.product(KINDS, LENGTHS))
    assert {t.data["tokens"] for t in LongText(size=3_000).tasks("dev")} == {3_000}
    assert "461 messages, 10,000 tokens" in DOMAIN.task("dev-0").goal


def test_no_text_is_in_two_splits_or_twice():
    texts = [case(s, n, 2_000).text.written for s, size in SIZES.items() for n in range(size)]
    assert len(set(texts)) == len(texts)


def test_a_wrong_answer_scores_nothing_and_one_of_another_type_is_sent_back():
    needle, count, pairs, topics = DOMAIN.tasks("dev")[:4]
    assert "valid integer" in DOMAIN.complaint(needle, Answer(value="the key"))
    assert "valid array" in DOMAIN.complaint(pairs, Answer(value=3))
    for task, change in (
        (count, lambda n: n + 1),
        (pairs, lambda p: p[1:]),
        (topics, lambda t: {}),
    ):
        gold = DOMAIN.gold_answer(task).value
        assert DOMAIN.complaint(task, Answer(value=change(gold))) is None
        assert DOMAIN.score(task, None, Answer(value=change(gold))).value == 0
    assert DOMAIN.score(needle, None, None).solved is False


def test_words_alone_do_not_tell_what_a_message_is_about():
    tasks = [task for task in DOMAIN.tasks("test") if task.data["tokens"] < 10**5]
    solved = [task.data["kind"] for task in tasks if play_baseline(DOMAIN, task).score.solved]
    assert len(solved) < len(tasks) / 4
    assert set(solved) == {"needle"}  # one of two keys is the right one


def test_who_reads_without_error_says_when_it_cannot():
    assert reply_to("the bins at Rope Walk 3 were not emptied this week\n\nWhat is it about?") == (
        '"waste"'
    )
    with pytest.raises(ValueError, match="2 messages"):
        reply_to("one\ntwo\n\nWhat is it about?")


@pytest.mark.parametrize("size", ["1", "-5", "10000001"])
def test_a_length_that_cannot_be_is_told_of(size):
    with pytest.raises(ConfigError, match=rf"size is {size}: texts have 2,000 to 10,000,000"):
        make_domain("longtext", {"size": size})
    with pytest.raises(ConfigError, match="longtext has no split 'x'; choose one of train"):
        DOMAIN.tasks("x")
