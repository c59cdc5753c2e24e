"""What is taken out of a demonstration, and what is left alone."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replplan.pool.scrub import Scrubber

TOKEN = "aB3" * 14


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("key sk-proj-abcdef1234567890abcd.", "key <secret>."),
        ("sk-ant-api03-abcdefghij0123456789", "<secret>"),
        ("sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "<secret>"),
        (f"ghp_{TOKEN} and hf_{TOKEN}", "<secret> and <secret>"),
        (f"github_pat_{TOKEN}", "<secret>"),
        ("xoxb-123456789012-abcdef", "<secret>"),
        ("AKIAIOSFODNN7EXAMPLE", "<secret>"),
        (f"AIza{TOKEN}", "<secret>"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSM", "<secret>"),
        ("Authorization: Bearer abc123def456ghi789==", "Authorization: Bearer <secret>"),
        ("postgres://me:hunter2@db.example.org/x", "postgres://me:<secret>@db.example.org/x"),
        ("password = 'hunter22'", "password = '<secret>'"),
        ('{"api_key": "0123456789abcdef"}', '{"api_key": "<secret>"}'),
        ("os.environ['MY_TOKEN'] = 'zz9876543210zzzzzz'", "os.environ['MY_TOKEN'] = '<secret>'"),
        ("-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----", "<secret>"),
        ("write to first.last+x@mail.example.co.uk!", "write to <e-mail>!"),
        ("/home/ann/a.csv /Users/ann/b", "~/a.csv ~/b"),
        ("open('/root/data.csv')", "open('~/data.csv')"),
        (r"C:\Users\Ann\x and 'C:\\Users\\Ann\\x'", r"~\x and '~\\x'"),
        (r"C:\Users\Ann\AppData\Local\Temp\q\x", r"/tmp/...\q\x"),
        ("/tmp/replplan-x1/a.csv, /var/tmp/q/b", "/tmp/.../a.csv, /tmp/.../b"),
        ("/tmp/tmp1a2b3c_d", "/tmp/..."),
        ("/private/var/folders/ab/cd12/T/x.csv", "/tmp/.../x.csv"),
    ],
)
def test_what_is_private_is_taken_out(text, scrubbed):
    scrub = Scrubber()
    assert scrub.text(text) == scrubbed
    assert sum(scrub.found.values()) >= 1
    assert Scrubber().text(scrubbed) == scrubbed


@pytest.mark.parametrize(
    "text",
    [
        "You are in a room. You see a desk-lamp-with-a-very-long-name 1 and a sk 2.",
        "task-0001-pick_two_objects-and_place",
        "go to sidetable 1; a basic understanding of the bearer certificates",
        "places.sort(key='fridge'); token = 'garbagecan'; tokens = {'token': 'countertop 1'}",
        "sk_learn_model_names_for_all = pk_something_very_long_1",
        "https://example.org/home/page/1 and /tmp and /tmp/data.csv, ./home/x, /rootless/x",
        "https://example.org:8080/x@y",
        "x @ y, a@b, @decorated",
    ],
)
def test_what_is_not_is_left_alone(text):
    scrub = Scrubber()
    assert scrub.text(text) == text
    assert not scrub.found


@pytest.mark.parametrize(
    ("code", "scrubbed"),
    [
        ("y = x@weights.mean()", None),
        ("y = 'ä' + x@w.mean()  # for me@example.org", "y = 'ä' + x@w.mean()  # for <e-mail>"),
        ("t='me@example.org'\nx@=a@b.shape", "t='<e-mail>'\nx@=a@b.shape"),
        ("k='sk-abcdefgh12345678'; z=x@w.mean()", "k='<secret>'; z=x@w.mean()"),
        ("!mail me@example.org", "!mail <e-mail>"),
    ],
)
def test_code_stays_the_code_that_it_is(code, scrubbed):
    assert Scrubber().code(code) == (scrubbed or code)


def test_the_home_and_the_keys_of_this_machine(monkeypatch):
    monkeypatch.setenv("MY_OWN_API_KEY", "plain-words-as-key")
    monkeypatch.setenv("SHORT_TOKEN", "on")
    monkeypatch.setattr(Path, "home", lambda: Path("/srv/ann"))
    scrub = Scrubber()
    text = "plain-words-as-key is on in /srv/ann and /srv/ann/x, not /srv/anna"
    assert scrub.text(text) == "<secret> is on in ~ and ~/x, not /srv/anna"
    assert scrub.found == {"secret": 1, "path": 2}


def test_of_keys_that_hold_one_another_nothing_is_left(monkeypatch):
    """The shortest that is taken for one has eight characters."""
    for number, key in enumerate(("plain-words-as-key", "as-words", "words-as-key", "1234567")):
        monkeypatch.setenv(f"KEY_{number}_SECRET", key)
    scrub = Scrubber()
    assert scrub.text("plain-words-as-key as-words 1234567") == "<secret> <secret> 1234567"
    assert scrub.found == {"secret": 2}


def test_it_is_counted_how_often_something_was_taken_out():
    scrub = Scrubber()
    assert scrub.text("me@example.org, you@example.org, /home/ann/x") == "<e-mail>, <e-mail>, ~/x"
    assert scrub.found == {"e-mail": 2, "path": 1}


def test_values_are_scrubbed_all_the_way_down():
    value = {"a": ["me@example.org", 1, None, {"b": ("/home/ann/x",)}], "c": True}
    assert Scrubber().values(value) == {"a": ["<e-mail>", 1, None, {"b": ["~/x"]}], "c": True}


@given(st.text(alphabet="ab1@./'\"_- \n=:~<>\\", max_size=60))
def test_scrubbing_what_is_scrubbed_changes_nothing(text):
    once = Scrubber().text(text)
    assert Scrubber().text(once) == once


@given(
    st.lists(
        st.sampled_from(
            ["x", "@", ".", "w", "mean", "()", "\n", " ", "= ", "'me@example.org'", "1"]
        ),
        max_size=12,
    )
)
def test_code_that_parses_parses_still(parts):
    code = "".join(parts)
    try:
        ast.parse(code)
    except SyntaxError:
        return
    ast.parse(Scrubber().code(code))
