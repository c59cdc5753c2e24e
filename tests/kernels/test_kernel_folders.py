"""The working folder that a kernel is given, and the files in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from other_machines import pretended

from replplan.errors import ConfigError
from replplan.kernel import KernelOptions
from replplan_kernels.ipython import open_ipython

pytestmark = pytest.mark.skipif(
    pretended() == "no-socket",
    reason="kernels that run elsewhere have no folder and no number here",
)


async def test_a_given_folder_stays_and_files_are_copies(tmp_path):
    folder, file, tree = tmp_path / "work", tmp_path / "sales.csv", tmp_path / "tree"
    folder.mkdir()
    tree.mkdir()
    (tree / "leaf").write_text("green")
    file.write_text("1,2")
    async with open_ipython(KernelOptions(folder=folder, files=(file, tree))) as kernel:
        result = await kernel.execute("print(open('sales.csv').read(), open('tree/leaf').read())")
        assert result.output == "1,2 green\n"
        await kernel.execute("open('sales.csv', 'w').write('spoiled'); open('kept', 'w').close()")
    assert file.read_text() == "1,2"
    assert [path.name for path in folder.iterdir()] == ["kept"]


async def test_a_file_that_is_there_already_is_used(tmp_path):
    (tmp_path / "data").write_text("here")
    options = KernelOptions(folder=tmp_path, files=(tmp_path / "data",))
    async with open_ipython(options) as kernel:
        assert (await kernel.execute("open('data').read()")).value == "'here'"
    assert (tmp_path / "data").read_text() == "here"


async def test_a_link_that_earlier_cells_left_is_not_written_through(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "sales.csv").write_text("1,2")
    options = KernelOptions(folder=tmp_path / "folder")
    async with open_ipython(options) as kernel:
        cell = f"import os; os.symlink({str(tmp_path / 'planted')!r}, 'sales.csv')"
        assert (await kernel.execute(cell)).error is None
    with pytest.raises(ConfigError, match=r"already has a file sales\.csv"):
        async with open_ipython(replace(options, files=(tmp_path / "sales.csv",))):
            pass
    assert not (tmp_path / "planted").exists()


async def test_two_files_of_one_name_are_refused(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for folder in "ab":
        (tmp_path / folder / "x").write_text(folder)
    options = KernelOptions(
        start="stock", isolation="none", files=(tmp_path / "a" / "x", tmp_path / "b" / "x")
    )
    with pytest.raises(ConfigError, match="already has a file x"):
        async with open_ipython(options):
            pass
