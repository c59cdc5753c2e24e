"""WebShop as a domain: its splits and tasks, catalogues in folders, and what is wrong with some."""

import gzip
import json
import os
import pickle

import platformdirs
import pytest

from replplan.cli.options import extra_options
from replplan.errors import ConfigError, DomainError
from replplan.plugins import make_domain
from replplan_domains.webshop import WebShop
from replplan_domains.webshop.storage import Store, map_file

OWN = WebShop()


def product(number, **changes):
    """A mug, as a line of a catalogue."""
    return {
        "asin": f"B00000000{number}",
        "title": f"Mug {number}",
        "description": "A mug.",
        "bullets": ["holds tea"],
        "options": {"color": ["red", "blue"]},
        "price_tag": "$5.0",
        "pricing": [5.0],
        "price": 5.0,
        "attributes": ["dishwasher safe"],
        "category": "kitchen",
        "query": "mugs",
        "product_category": "Kitchen › Mugs",
        "nouns": ["mug"],
        **changes,
    }


def goal(number, **changes):
    return {
        "asin": f"B00000000{number}",
        "instruction": f"a dishwasher safe mug {number} in red",
        "attributes": ["dishwasher safe"],
        "options": {"color": "red"},
        "price_upper": 10.0,
        **changes,
    }


PRODUCTS, GOALS = [product(i) for i in range(4)], [goal(i % 4) for i in range(8)]


def catalogue(folder, products=PRODUCTS, goals=GOALS, **more):
    """A folder with a catalogue."""
    for name, rows in {"products": products, "goals": goals, **more}.items():
        (folder / f"{name}.json.gz").write_bytes(gzip.compress(json.dumps(rows).encode()))
    return folder


# ---------------------------------------------------------------- splits and tasks
def test_own_goods_have_four_splits_and_need_no_data():
    assert OWN.splits() == ("train", "dev", "test", "all")
    sizes = {split: len(OWN.tasks(split)) for split in OWN.splits()}
    assert sizes["train"] > sizes["test"] > sizes["dev"] > 200
    assert sizes["all"] == sizes["train"] + sizes["dev"] + sizes["test"]


def test_tasks_tell_the_instruction_and_nothing_hidden():
    task = OWN.tasks("all")[7]
    assert (task.id, task.domain, task.split) == ("goal-7", "webshop", "all")
    assert task.data == {"goal": 7, "gold_reward": 1.0}
    assert task.goal in OWN.open(task).reset()


def test_a_task_is_found_by_its_id_in_the_split_of_its_product():
    for split in ("train", "dev", "test"):
        for task in OWN.tasks(split)[:5]:
            assert OWN.task(task.id) == task


UNKNOWN = ["", "goal", "goal-", "goal--1", "goal-01", "goal-99999", "human-0", "goal-1 ", "goal-١"]


@pytest.mark.parametrize("name", [*UNKNOWN, "goal-" + "9" * 50])
def test_an_unknown_id_is_a_key_error(name):
    with pytest.raises(KeyError):
        OWN.task(name)


def assert_fair(domain):
    """No product is in two splits, all goals can be reached, products come in turn."""
    shop, seen = domain.shop, {}
    for split in ("train", "dev", "test"):
        asins = [shop.goal(task.data["goal"]).asin for task in domain.tasks(split)]
        assert all(task.data["gold_reward"] >= 1 for task in domain.tasks(split))
        assert len(set(asins[: len(set(asins))])) == len(set(asins))
        seen[split] = set(asins)
    assert (
        not seen["train"] & seen["dev"] | seen["train"] & seen["test"] | seen["dev"] & seen["test"]
    )


def test_own_splits_are_fair():
    assert_fair(OWN)


def test_official_goals_are_in_their_order(data_folder):
    folder = data_folder / "webshop"
    domain = WebShop(data=folder)
    goals = json.loads(gzip.decompress((folder / "goals.json.gz").read_bytes()))
    tasks = domain.tasks("all")
    assert len(tasks) == len(goals) == 6910
    assert [task.id for task in tasks] == [f"goal-{i}" for i in range(6910)]
    assert [task.goal for task in tasks] == [goal["instruction"] for goal in goals]
    assert len(domain.tasks("human")) == 13
    assert domain.task("human-3") == domain.tasks("human")[3]


def test_official_goals_that_cannot_be_reached_are_marked_and_in_no_split(data_folder):
    domain = WebShop(data=data_folder / "webshop")
    assert_fair(domain)
    unreachable = [task for task in domain.tasks("all") if task.data["gold_reward"] < 1]
    assert len(unreachable) == 458
    assert domain.task(unreachable[0].id).split == "all"
    assert sum(len(domain.tasks(split)) for split in ("train", "dev", "test")) == 6910 - 458


def test_tasks_can_be_sliced():
    tasks = OWN.tasks("test")
    assert [task.id for task in tasks[2:4]] == [tasks[2].id, tasks[3].id]
    assert tasks[-1] == tasks[len(tasks) - 1]
    with pytest.raises(IndexError):
        tasks[len(tasks)]


# ---------------------------------------------------------------- options
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"style": "fancy"}, "no style 'fancy': choose one of text, text_rich, react"),
        ({"goods": "golden"}, "no goods 'golden'"),
        ({"actions": "0"}, "needs at least 1 action"),
        ({"actions": "many"}, "--actions is a number"),
        ({"goods_seed": "x"}, "--goods-seed is a number"),
        ({"results": "11"}, "a page has 1 to 10 products"),
        ({"data": "/nowhere/at/all"}, "there is no folder /nowhere/at/all"),
        ({"helpers": "perhaps"}, "--helpers is yes or no"),
        ({"stile": "text"}, "no option --stile; did you mean style"),
        ({"goods_sed": "3"}, "no option --goods-sed; did you mean goods-seed"),
    ],
)
def test_a_wrong_option_is_told_in_a_sentence(options, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make_domain("webshop", options)


def test_options_may_come_from_a_command_line():
    domain = make_domain("webshop", {"helpers": "no", "style": "react", "goods_seed": "3"})
    assert (domain.functions, domain.manner.style, domain.goods_seed) == ((), "react", 3)
    assert "only on the first page" in domain.description
    with pytest.raises(ConfigError, match="no split 'valid'; choose one of train, dev, test, all"):
        domain.tasks("valid")


def test_helpers_are_denied_by_a_flag():
    for flag in ("--no-helpers", "--helpers=no"):
        assert make_domain("webshop", extra_options([flag], [])).functions == ()
    assert len(make_domain("webshop", extra_options(["--helpers"], [])).functions) == 2
    with pytest.raises(ConfigError, match="no option --no-style"):
        make_domain("webshop", extra_options(["--no-style"], []))
    with pytest.raises(ConfigError, match="no option --no-helpers"):
        make_domain("webshop", extra_options(["--no-helpers=no"], []))


# ---------------------------------------------------------------- catalogues
def test_a_catalogue_is_read_and_gold_rewards_are_worked_out(tmp_path):
    goals = [*GOALS, goal(0, options={"color": "green"})]
    domain = WebShop(data=catalogue(tmp_path, goals=goals, human_goals=[goal(1, options=["red"])]))
    assert domain.splits() == ("train", "dev", "test", "all", "human")
    assert [t.data["gold_reward"] for t in domain.tasks("all")][:9] == [1.0] * 9
    assert domain.task("human-0").data["gold_reward"] == 1.0
    assert sum(len(domain.tasks(split)) for split in ("train", "dev", "test")) == 9


@pytest.mark.parametrize("ending", ["json", "jsonl", "json.gz", "jsonl.gz"])
def test_a_catalogue_may_be_lists_or_lines_packed_or_not(tmp_path, ending):
    for name, rows in {"products": PRODUCTS, "goals": GOALS}.items():
        as_lines = "\n".join(map(json.dumps, rows)) + "\n"
        text = as_lines if "jsonl" in ending else json.dumps(rows, indent=2)
        data = gzip.compress(text.encode()) if ending.endswith("gz") else text.encode()
        (tmp_path / f"{name}.{ending}").write_bytes(data)
    domain = WebShop(data=tmp_path)
    assert list(domain.shop.asins) == [p["asin"] for p in PRODUCTS]
    assert len(domain.tasks("all")) == 8


def test_a_folder_without_a_catalogue_is_a_config_error(tmp_path):
    with pytest.raises(ConfigError, match=r"has no products\.json\.gz"):
        WebShop(data=tmp_path)
    catalogue(tmp_path)
    (tmp_path / "goals.json.gz").unlink()
    with pytest.raises(ConfigError, match=r"has no goals\.json\.gz"):
        WebShop(data=tmp_path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (lambda z, p: z(json.dumps(p).encode())[:-20], "is damaged after record"),
        (lambda z, p: b"no gzip", "is damaged after record 0"),
        (lambda z, p: z(json.dumps(p).encode()[:-30]), "is damaged after record 3"),
        (lambda z, p: z(b"\xff\xfe"), "is damaged after record 0"),
        (lambda z, p: z(b"[1, 2]"), "record 0 is damaged"),
        (lambda z, p: z(json.dumps([p[0], {"asin": "X"}]).encode()), "record 1 is damaged: title"),
        (lambda z, p: z(json.dumps([*p, p[0]]).encode()), "two products .* called B000000000"),
        (lambda z, p: z(json.dumps(p[1:]).encode()), "goal 0 wants B000000000, which is not"),
        (lambda z, p: z(json.dumps([{**p[0], "price": "5 $"}]).encode()), "damaged: price"),
    ],
)
def test_a_damaged_catalogue_is_told_in_a_sentence(tmp_path, content, sentence):
    catalogue(tmp_path)
    (tmp_path / "products.json.gz").write_bytes(content(gzip.compress, PRODUCTS))
    domain = WebShop(data=tmp_path)
    with pytest.raises(DomainError, match=sentence) as caught:
        domain.tasks("all")
    assert "\n" not in str(caught.value)


def test_an_empty_catalogue_has_no_tasks(tmp_path):
    domain = WebShop(data=catalogue(tmp_path, products=[], goals=[]))
    assert [len(domain.tasks(split)) for split in domain.splits()] == [0, 0, 0, 0]
    assert domain.shop.search("mug") == ()


# ---------------------------------------------------------------- the file of the shop
def test_the_file_is_built_once_and_anew_when_the_data_change(tmp_path):
    domain = WebShop(data=catalogue(tmp_path))
    first = domain.shop
    assert domain.source.path.is_relative_to(platformdirs.user_cache_path("replplan"))
    assert map_file(domain.source.path).about["splits"] == ["train", "dev", "test", "all"]
    assert WebShop(data=tmp_path).shop is first
    catalogue(tmp_path, goals=GOALS[:3])
    assert len(WebShop(data=tmp_path).tasks("all")) == 3


@pytest.mark.parametrize("content", [b"", b"x" * 100, None])
def test_a_damaged_file_is_built_anew(tmp_path, content):
    goals = [goal(0, instruction=f"a mug {content!r}")]  # a catalogue of this test's own
    domain = WebShop(data=catalogue(tmp_path, goals=goals))
    path = domain.source.path
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.read_bytes() if path.exists() else b"y" * 1000
    path.write_bytes(whole[:-7] if content is None else content)
    assert len(domain.tasks("all")) == 1
    assert path.stat().st_size > 1000
    assert not list(path.parent.glob("*.part"))


def test_what_a_killed_builder_left_is_removed_and_what_another_writes_is_not(tmp_path):
    domain = WebShop(data=catalogue(tmp_path, goals=[goal(0, instruction="a forsaken mug")]))
    path = domain.source.path
    path.parent.mkdir(parents=True, exist_ok=True)
    old, new = (path.parent / f"{path.stem}{name}.part" for name in ("old", "new"))
    old.write_bytes(b"x")
    new.write_bytes(b"x")
    os.utime(old, (0, 0))
    path.unlink(missing_ok=True)
    assert len(domain.tasks("all")) == 1
    assert (old.exists(), new.exists()) == (False, True)
    new.unlink()


def test_where_no_file_can_be_kept_the_shop_is_built_in_memory(tmp_path, monkeypatch):
    blocked = tmp_path / "a file, no folder"
    blocked.write_text("")
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: blocked / name)
    goals = [goal(0, instruction="a mug without a cache")]
    domain = WebShop(data=catalogue(tmp_path, goals=goals))
    assert domain.open(domain.tasks("all")[0]).step("search[mug 2]").observation.count("Mug") == 4


def test_a_shop_travels_by_its_name():
    assert pickle.loads(pickle.dumps(OWN.shop)) is OWN.shop
    assert len(pickle.dumps(OWN)) < 2000
    assert pickle.loads(pickle.dumps(OWN)).shop is OWN.shop


@pytest.mark.parametrize("data", [b"", b"short", b"\0" * 24, b"x" * 64])
def test_what_is_no_store_is_refused(data):
    with pytest.raises(DomainError, match="damaged"):
        Store(data)
