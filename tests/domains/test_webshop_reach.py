"""A cell that wants to know what its customer hides: it finds nothing, and goes on shopping."""

from __future__ import annotations

import json
import sys

import pytest

from replplan.episode import Episode
from replplan.model import ScriptedModel
from replplan.plugins import kernel_opener
from replplan_domains.webshop import WebShop

PRYING = """```python
import glob, os, sys
found = {}
for name in ("replplan_domains.webshop", "replplan_domains.webshop.goods", "replplan.domain"):
    try:
        __import__(name)
        found[name] = "imported"
    except Exception as e:
        found[name] = type(e).__name__
found["file"] = os.path.exists(SHOP_FILE)
found["told"] = sorted({type(act(a)).__name__ for a in ("search[mug]", "click[Next >]", "no")})
def names(thing):
    return [n for n in dir(thing) if any(w in n for w in ("reward", "goal", "asin", "shop", "score"))]
found["names"] = names(act) + names(get_obs) + [n for n in globals() if n in ("reward", "goal")]
answer(found)
```"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="walls are Linux's")
async def test_neither_the_shop_nor_its_file_nor_the_goal_is_in_reach_of_a_cell():
    domain, events = WebShop(goods_seed=7), []  # a shop that no other test has opened
    path = domain.source.path
    assert domain.shop
    assert path.exists()
    cell = PRYING.replace("SHOP_FILE", json.dumps(str(path)))
    model = ScriptedModel({"root": [cell]})
    task = domain.tasks("dev")[0]
    result = await Episode(domain, task, model, kernel_opener(), sinks=(events.append,)).run()
    assert result.stop_reason == "answered", result.error
    found = result.answer
    assert found["replplan_domains.webshop"] == "ModuleNotFoundError"
    assert found["replplan_domains.webshop.goods"] == "ModuleNotFoundError"
    assert found["file"] is False
    assert (found["told"], found["names"]) == (["str"], [])
    assert task.data["gold_reward"] == 1
    prompts = [m.content for r in model.requests for m in r.messages]
    asin = domain.shop.goal(task.data["goal"]).asin
    assert not any(asin in text or "gold_reward" in text for text in prompts)
