"""Traces as training data: what the model saw, what it said, and what of it is to be learnt."""

import json

import pytest
from plans import cell, household, play, script

from replplan.cli import cli
from replplan.errors import ConfigError
from replplan.export.sft import samples_of, to_sft
from replplan.limits import Limits
from replplan.methods import make_planner
from replplan.model import ScriptedModel
from replplan.pool import Pool
from replplan.trace import TraceWriter
from replplan_domains.notebook import Notebook


def written(events, path):
    with TraceWriter(path) as writer:
        for event in events:
            writer(event)
    return path


def weights(sample):
    return [m.get("weight") for m in sample["messages"] if m["role"] == "assistant"]


async def test_a_session_is_what_its_model_saw_and_said(tmp_path):
    model = ScriptedModel(
        {
            "root": [
                "just words", cell("1 / 0"), cell("x = find(2)\nprint(x)") + "\nIt prints 3.",
                cell("answer(ask('big?', x, type=bool))"),
            ],
            "find": [cell("answer(get_args()[0] + 1)")],
            "ask": ["perhaps", "true"],
        }
    )  # fmt: skip
    played = await play(model)
    assert played.result.answer is True
    samples = list(samples_of(written(played.events, tmp_path / "plan.jsonl")))
    root, find, asked, again = samples
    assert [s["metadata"]["session"] for s in samples] == ["root", "root/find", "root", "root"]
    last = [r for r in model.requests if r.session == "root" and r.purpose == "turn"][-1]
    sent = [(m["role"], m["content"]) for m in root["messages"][:-1]]
    assert sent == [(m.role, m.content) for m in last.messages]
    assert "It prints 3." not in json.dumps(root)
    assert root["messages"][-1]["content"] == cell("answer(ask('big?', x, type=bool))")
    own = ["rejected", "error", "learn", "learn"]
    assert root["metadata"]["mask"][-4:] == own
    assert set(root["metadata"]["mask"][:-4]) <= {"demonstration"}
    assert weights(root) == [int(why == "learn") for why in root["metadata"]["mask"]]
    assert find["metadata"]["mask"][-1] == "learn"
    assert (weights(asked), weights(again)) == ([0], [0, 1])
    assert again["messages"][-1]["content"] == "true"
    assert {s["metadata"]["stop_reason"] for s in samples} == {"answered"}


async def test_demonstrations_are_not_learnt(tmp_path):
    played = await play(
        script(root=["act('look')", "act('inventory')"]),
        domain=household(), limits=Limits(seconds=60, turns=2),
    )  # fmt: skip
    (root,) = samples_of(written(played.events, tmp_path / "plan.jsonl"))
    mask = root["metadata"]["mask"]
    assert mask == ["demonstration"] * (len(mask) - 2) + ["learn"] * 2
    assert len(mask) > 2
    assert root["metadata"]["solved"] is False


async def test_a_session_that_was_entered_again_is_one_conversation(tmp_path):
    played = await play(
        script(root=["print(f(1))\nprint(f(2))\nanswer(3)"], f=["answer(1)", "x", "answer(2)"]),
        pool=Pool(),
    )
    _, f = samples_of(written(played.events, tmp_path / "plan.jsonl"))
    assert f["metadata"]["mask"] == ["learn", "error", "learn"]


async def test_a_folded_session_is_one_conversation_for_each_prompt_that_it_had(tmp_path):
    """So no reply is learnt from a prompt that it was not given to."""
    cells = [f"print('line {n}'); print('x' * 1500)" for n in range(40)] + ["answer('done')"]
    model = ScriptedModel(map(cell, cells), context=2600)
    played = await play(model, Limits(seconds=120), pool=Pool())
    folds = played.of("transcript_folded")
    assert any(fold.turns for fold in folds), "turns are left out as well"
    samples = list(samples_of(written(played.events, tmp_path / "plan.jsonl")))
    assert len(samples) == 1 + len(folds)
    assert sum(s["metadata"]["mask"].count("learn") for s in samples) == len(cells)
    asked = {tuple(m.content for m in r.messages) for r in model.requests}
    for sample in samples:
        told = [m["content"] for m in sample["messages"]]
        assert weights(sample) == [int(w == "learn") for w in sample["metadata"]["mask"]]
        for n, message in enumerate(sample["messages"]):
            assert not message.get("weight") or tuple(told[:n]) in asked


async def test_replies_in_words_are_learnt_where_they_are_the_method(tmp_path):
    model = ScriptedModel(["Thought: I look.\nAction: look\nObservation: made up", "hm"])
    played = await play(
        model, domain=household(), planner=make_planner("react"),
        limits=Limits(seconds=60, turns=2), pool=Pool(),
    )  # fmt: skip
    (root,) = samples_of(written(played.events, tmp_path / "plan.jsonl"))
    assert root["metadata"]["mask"][0] == "learn"
    assert "made up" not in json.dumps(root)


async def test_a_run_gives_the_lines_of_all_its_traces(tmp_path):
    for number in range(2):
        played = await play(script(root=[f"answer({number})"]), domain=Notebook(goal="g"))
        written(played.events, tmp_path / "run" / "traces" / f"{number}.jsonl")
    out = tmp_path / "all.jsonl"
    cli.main(
        ["export", str(tmp_path / "run"), "--to", "sft", "--out", str(out)], standalone_mode=False
    )
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["metadata"]["trace"] for line in lines] == ["0.jsonl", "1.jsonl"]
    assert to_sft([]) == b""
    with pytest.raises(ConfigError, match="holds 2 traces, and html takes one"):
        cli.main(["export", str(tmp_path / "run"), "--to", "html"], standalone_mode=False)
    with pytest.raises(ConfigError, match="is there already"):
        cli.main(
            ["export", str(tmp_path / "run"), "--to", "sft", "--out", str(out)],
            standalone_mode=False,
        )
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="holds no traces"):
        cli.main(["export", str(tmp_path / "empty"), "--to", "sft"], standalone_mode=False)
