"""Fuzzy questions in whole plans: asked once, a few at a time, in parts, by schema, of pictures."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest
from endpoint import Refused
from plans import cell, play, script

from replplan.asking import AT_ONCE, ask_room
from replplan.limits import Limits
from replplan.model import Completion, ScriptedModel
from replplan.openai_model import OpenAIModel

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def test_equal_questions_are_asked_once():
    cells = [
        "first = ask('Is it?', 'a', type=bool)\nsecond = ask('Is it?', 'a', type=bool)",
        "other = ask('Is it?', 'b', type=bool)\n"
        "child = judge('a')\nanswer([first, second, other, child])",
    ]
    judge = ["answer(ask('Is it?', *get_args(), type=bool))"]
    played = await play(script(root=cells, judge=judge, ask=["yes", "no"]))
    assert played.result.answer == [True, True, False, True]
    assert [e.cached for e in played.of("asked")] == [False, True, False, True]
    usage = played.result.usage
    assert (usage.asks, usage.model_calls) == (2, usage.turns + 2)


async def test_equal_questions_at_once_are_asked_once():
    code = "import asyncio\nanswer(await asyncio.gather(*[ask('Which?', 'a') for _ in range(9)]))"
    played = await play(script(root=[code], ask=["red"]))
    assert played.result.answer == ["red"] * 9
    assert sorted(e.cached for e in played.of("asked")) == [False] + [True] * 8


async def test_a_reply_that_did_not_fit_is_not_given_again():
    code = "answer([ask('How many?', type=int), ask('How many?', type=int)])"
    played = await play(script(root=[code], ask=["dunno", "3", "4"]))
    assert played.result.answer == [3, 4]
    assert [e.cached for e in played.of("asked")] == [False, False, False]
    assert played.result.usage.model_calls == 4


async def test_another_type_is_another_question():
    code = "answer([ask('How many?', type=int), ask('How many?', type=float)])"
    played = await play(script(root=[code], ask=["3", "4.5"]))
    assert played.result.answer == [3, 4.5]


class Crowded(ScriptedModel):
    """Answers questions when as many are with it as may be; notes how many that were."""

    now = most = 0

    def __init__(self, replies):
        super().__init__(replies)
        self.full = asyncio.Event()

    async def complete(self, request, on_text=None):
        if request.purpose == "turn":
            return await super().complete(request, on_text)
        self.now += 1
        self.most = max(self.most, self.now)
        if self.now >= AT_ONCE:
            self.full.set()
        await self.full.wait()
        self.now -= 1
        return Completion(text="yes")


async def test_the_host_asks_a_few_at_a_time_whatever_a_cell_does():
    code = (
        "import asyncio\n"
        "got = await asyncio.gather(*[ask('Is it?', str(i), type=bool) for i in range(40)])\n"
        "answer(sum(got))"
    )
    model = Crowded([cell(code)])
    played = await play(model)
    assert played.result.answer == 40
    assert model.most == AT_ONCE


async def test_a_limit_on_model_calls_holds_for_questions_at_once():
    code = "ask.map('Is it?', range(40), errors='return')\nanswer('went on')"
    model = script(root=[code], ask=["yes"] * 40)
    played = await play(model, Limits(model_calls=5, seconds=60))
    assert played.result.stop_reason == "limit:model_calls"
    assert len(model.requests) == played.result.usage.model_calls == 5


async def test_the_room_of_a_question_goes_with_the_models_window():
    assert ask_room(8192) == 13_107
    assert ask_room(None) > ask_room(8192)
    assert ask_room(10) == 500
    sizes = []

    def no(request):
        sizes.append(len(request.messages[-1].content))
        return "no"

    code = "answer(ask.over('Is it there?', 'a line of it\\n' * 400, type=bool))"
    model = ScriptedModel({"root": [cell(code)], "ask": [no] * 20}, context=1000)
    played = await play(model)
    assert played.result.answer is False
    assert len(sizes) >= 4
    assert max(sizes) < 2000
    asked = model.requests[-1].messages[-1].content
    assert f"of {len(sizes)} of a longer one. Answer for this part alone: Is it there?" in asked


async def test_a_text_too_long_for_one_question_is_the_cells_own_error():
    code = "try: ask('Is it there?', 'a line\\n' * 9999)\nexcept AskError as e: answer(str(e))"
    played = await play(ScriptedModel([cell(code)], context=2000))
    assert "ask.over(question, text)" in played.result.answer
    (asked,) = played.of("asked")
    assert "too long" in asked.error


async def test_notes_and_the_question_about_them_are_told_apart():
    code = "answer(ask.over('How many?', 'a line of it\\n' * 200, type=int, chunk=1000, jobs=1))"
    model = script(root=[code], ask=["one", "two", "nothing", "4"])
    played = await play(model)
    assert played.result.answer == 4
    told = [r.messages[-1].content for r in model.requests if r.purpose == "ask"]
    assert "part 1 of 3" in told[0]
    assert told[0].endswith('reply "nothing": How many?')
    assert "Part 1: one\n\nPart 2: two\n\nPart 3: nothing" in told[-1]
    assert "notes on the 3 parts" in told[-1]


# ------------------------------------------------------------------ a schema, held to or not
MODELS = (
    "from pydantic import BaseModel\nfrom typing import Literal\n"
    "class Size(BaseModel):\n    cm: float\n    rough: bool = False\n"
    "class Mug(BaseModel):\n    colour: Literal['red', 'blue']\n    size: Size\n"
    "    marks: list[str] = []\n"
    "class Thing:\n    def __init__(self, n): self.n = n\n    def __str__(self): return f'mug {self.n}'\n"
    "mugs = [Thing(1), Thing(2)]\n"
)
MUG = {"colour": "red", "size": {"cm": 9.5, "rough": True}, "marks": ["chip"]}
SHAPES = [
    ("ask('q', choices=mugs) is mugs[1]", {"answer": "mug 2"}, True),
    ("ask('q', choices=mugs, type=list) == mugs", {"answer": ["mug 1", "mug 2"]}, True),
    ("ask('q', choices=[True, False])", {"answer": "False"}, False),
    ("ask('q', choices=[1, 2.5, None])", {"answer": "None"}, None),
    ("ask('q', choices={'a': 1, 'b': 2})", {"answer": "b"}, "b"),
    ("ask('q', choices=[[1, 2], [3]])", {"answer": "[3]"}, [3]),
    ("ask('q', type=bool)", {"answer": True}, True),
    ("ask('q', type=int)", {"answer": 3}, 3),
    ("ask('q', type=float)", {"answer": 2}, 2.0),
    ("ask('q', type=list[int])", {"answer": [1, 2]}, [1, 2]),
    ("ask('q', type=list[bool])", {"answer": [True]}, [True]),
    ("ask('q', type=Mug).model_dump()", MUG, MUG),
    ("[m.colour for m in ask('q', type=list[Mug])]", {"answer": [MUG, MUG]}, ["red", "red"]),
    ("ask('q', type=Mug | None)", {"answer": None}, None),
    ("ask('q', type=dict[str, int])", {"a": 1}, {"a": 1}),
]


def strictly(schema, reply):
    """Whether an endpoint that holds replies to a schema could say this."""
    import jsonschema

    jsonschema.validate(reply, schema)
    return schema


@pytest.mark.parametrize("holds", [True, False], ids=["schema", "words"])
async def test_every_shape_through_an_endpoint(endpoint, holds):
    endpoint.refuses = set() if holds else {"response_format"}
    code, answered = f"{MODELS}got = []\n", []
    for i, (call, _, _) in enumerate(SHAPES):
        code += f"got.append({call.replace('q', str(i), 1)})\n"  # no two are equal

    def reply(body):
        if not body["messages"][0]["content"].startswith("Answer the question"):
            return cell(f"{code}answer(got)")
        answered.append(body)
        return json.dumps(SHAPES[len(answered) - 1][1])

    endpoint.script(reply)
    model = OpenAIModel(endpoint.model, base_url=endpoint.url, api_key=endpoint.key)
    played = await play(model)
    await model.close()
    assert played.shown == ["(no output)"]
    assert played.result.answer == [value for _, _, value in SHAPES]
    formats = [b.get("response_format") for b in answered]
    if not holds:
        assert formats == [None] * len(SHAPES)
        for body, (_, said, _) in zip(answered, SHAPES, strict=True):
            schema = body["messages"][0]["content"].partition("schema:\n")[2]
            strictly(json.loads(schema), said)
        return
    for form, (call, said, _) in zip(formats, SHAPES, strict=True):
        strictly(form["json_schema"]["schema"], said)
        assert form["json_schema"]["strict"] == ("dict" not in call)


async def test_a_choice_outside_the_schema_is_refused_by_the_schema_and_by_the_cell(endpoint):
    import jsonschema

    asked = []

    def reply(body):
        if "response_format" not in body:
            return cell("answer(ask('Which?', choices=['red', 'blue']))")
        asked.append(body)
        return '{"answer": "green"}' if len(asked) == 1 else '{"answer": "blue"}'

    endpoint.script(reply)
    model = OpenAIModel(endpoint.model, base_url=endpoint.url, api_key=endpoint.key)
    played = await play(model)
    await model.close()
    assert played.result.answer == "blue"
    schema = asked[0]["response_format"]["json_schema"]["schema"]
    with pytest.raises(jsonschema.ValidationError):
        strictly(schema, {"answer": "green"})
    assert "none of the choices" in asked[1]["messages"][-1]["content"]


# ------------------------------------------------------------------ pictures
LOOK = f"try: answer(ask('What is it?', 'see', {PIXEL!r}))\nexcept TypeError as e: answer(str(e))"


async def test_a_model_that_sees_is_shown_the_picture(endpoint):
    seen = []

    def reply(body):
        content = body["messages"][-1]["content"]
        if isinstance(content, str):
            return cell(LOOK)
        seen.extend(content)
        return "a pixel"

    endpoint.script(reply)
    endpoint.counts = False
    model = OpenAIModel(endpoint.model, base_url=endpoint.url, api_key=endpoint.key)
    played = await play(model)
    await model.close()
    assert played.result.answer == "a pixel"
    picture, text = seen
    url = picture["image_url"]["url"]
    assert base64.b64decode(url.removeprefix("data:image/png;base64,")) == PIXEL
    assert text == {"type": "text", "text": "see\n\nWhat is it?"}
    (asked,) = played.of("asked")
    assert asked.context == ("see", f"[image/png, {len(PIXEL)} bytes]")
    assert played.result.usage.input_tokens > 1000


async def test_a_model_that_does_not_see_is_the_cells_own_error(endpoint):
    played = await play(ScriptedModel([cell(LOOK)]))
    assert played.result.answer == "the model scripted takes no pictures"

    def reply(body):
        if isinstance(body["messages"][-1]["content"], str):
            return cell(LOOK)
        return Refused(400, "image_url is not supported by this model")

    endpoint.script(reply)
    model = OpenAIModel(endpoint.model, base_url=endpoint.url, api_key=endpoint.key)
    played = await play(model)
    await model.close()
    assert played.result.stop_reason == "answered"
    assert "took no pictures" in played.result.answer
    assert "image_url is not supported" in played.result.answer
    assert played.of("asked")[0].error


async def test_another_picture_is_another_question():
    code = (
        f"a, b = {PIXEL!r}, b'GIF89a' + bytes(9)\n"
        "answer([ask('What?', a), ask('What?', a), ask('What?', b)])"
    )
    model = ScriptedModel({"root": [cell(code)], "ask": ["x", "y"]}, sees=True)
    played = await play(model)
    assert played.result.answer == ["x", "x", "y"]
