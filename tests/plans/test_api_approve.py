"""`approve`: cells are looked at before they run."""

from __future__ import annotations

import pytest
from plans import script

from replplan import Refuse, plan
from replplan.errors import ConfigError


@pytest.mark.parametrize("is_async", [False, True])
async def test_a_cell_is_let_through_changed_or_refused(is_async):
    seen = []

    def approve(cell):
        seen.append((cell.session, cell.turn, cell.code))
        if "remove" in cell.code:
            return Refuse("nothing is removed here")
        if "secret" in cell.code:
            return False
        return cell.code.replace("10", "7") if "10" in cell.code else True

    async def approve_async(cell):
        return approve(cell)

    model = script(
        root=["remove()", "secret", "x = child(10)", "answer(x)"], child=["answer(get_args()[0])"]
    )
    result = await plan("g", model=model, approve=approve_async if is_async else approve)
    assert result.answer == 7
    assert seen == [
        ("root", 1, "remove()"),
        ("root", 2, "secret"),
        ("root", 3, "x = child(10)"),
        ("root/child", 1, "answer(get_args()[0])"),
        ("root", 4, "answer(x)"),
    ]
    told = [r.messages[-1].content for r in model.requests]
    assert "nothing is removed here" in told[1]
    assert "the user did not approve" in told[2]
    assert "child(7)" in told[-1]


async def test_what_approve_raises_is_raised():
    def approve(cell):
        raise ZeroDivisionError("of a user's")

    with pytest.raises(ZeroDivisionError, match="of a user's"):
        await plan("g", model=script(root=["1"]), approve=approve)


async def test_what_means_nothing_fails_the_plan_with_a_sentence():
    result = await plan("g", model=script(root=["1"]), approve=lambda cell: 3)
    assert result.stop_reason == "failed"
    assert "approve returns True, False" in result.error
    with pytest.raises(ConfigError, match="approve is a function"):
        await plan("g", model=script(root=["1"]), approve="yes")
