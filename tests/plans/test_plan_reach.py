"""What `replplan.plan` lets cells reach, from Python."""

from __future__ import annotations

import pytest
from plans import cell

import replplan
from replplan.mount import Mount


@pytest.mark.parametrize("as_text", [True, False])
async def test_folders_are_mounted_as_was_said(tmp_path, as_text):
    folder = tmp_path / "out"
    folder.mkdir()
    mount = f"{folder}:rw" if as_text else Mount(folder, writable=True)
    model = replplan.ScriptedModel([cell(f"answer(open('{folder}/made', 'w').write('1234'))")])
    result = await replplan.plan(
        "write a file", model=model, mounts=[mount], trace=tmp_path / "trace.jsonl"
    )
    assert (result.answer, result.error) == (4, None)
    assert (folder / "made").read_text() == "1234"


async def test_what_is_not_there_ends_the_plan_with_a_sentence(tmp_path):
    result = await replplan.plan(
        "read a file",
        model=replplan.ScriptedModel([]),
        mounts=["/no/such/folder"],
        trace=tmp_path / "trace.jsonl",
    )
    assert result.stop_reason == "failed"
    assert "there is no /no/such/folder to mount" in result.error
