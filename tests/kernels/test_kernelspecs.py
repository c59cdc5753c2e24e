"""Cells in kernels that are installed on the machine."""

from __future__ import annotations

import json
import sys

import pytest
from scripted_host import FUNCTIONS, ScriptedHost
from time_limits import falls

from replplan.errors import ConfigError, KernelError
from replplan.kernel import KernelOptions
from replplan_kernels.ipython import open_ipython


@pytest.fixture
def install_spec(tmp_path, monkeypatch):
    """Installs a kernelspec of a name where Jupyter looks; the options that ask for it."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))

    def install(name, command, **more):
        folder = tmp_path / "kernels" / name
        folder.mkdir(parents=True)
        spec = {"argv": command, "display_name": name, "language": "python", "env": {}} | more
        (folder / "kernel.json").write_text(json.dumps(spec))
        return KernelOptions(kernel=name, isolation="none")

    return install


LAUNCH = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]


async def test_a_kernel_by_its_name_does_all_that_ours_does(install_spec):
    host = ScriptedHost({"double": ["answer(2 * get_args()[0])"]})
    options = install_spec("other", LAUNCH, env={"WHO": "the other"})
    options = KernelOptions(**(vars(options) | {"calls": host, "functions": FUNCTIONS}))
    async with open_ipython(options) as kernel:
        assert (await kernel.execute("import os; os.environ['WHO']")).value == "'the other'"
        assert (await kernel.execute("act('go')")).value == "'go'"
        assert (await kernel.execute("await act('went')")).value == "'went'"
        assert (await kernel.execute("double(21)")).value == "42"
        cell = "x = 1\nprint(x)\nwhile True: pass"
        stopped = await kernel.execute(cell, timeout=60, on_output=falls(kernel))
        assert stopped.stopped == "timeout"
        assert (await kernel.execute("x")).value == "1"


async def test_a_kernel_of_no_name_is_named(install_spec):
    install_spec("mine", LAUNCH)
    with pytest.raises(ConfigError, match=r"no kernelspec 'ours'; installed are: .*mine"):
        async with open_ipython(KernelOptions(kernel="ours", isolation="none")):
            pass


async def test_a_damaged_kernelspec_is_named(install_spec, tmp_path):
    options = install_spec("mine", LAUNCH)
    (tmp_path / "kernels" / "mine" / "kernel.json").write_text("{")
    with pytest.raises(ConfigError, match="no kernelspec 'mine' that can be read"):
        async with open_ipython(options):
            pass


async def test_a_kernel_that_fails_to_start_shows_its_last_words(install_spec):
    code = "import sys; sys.exit('no licence for this kernel')"
    with pytest.raises(KernelError, match="did not start: no licence for this kernel"):
        async with open_ipython(install_spec("fails", [sys.executable, "-c", code])):
            pass


async def test_a_kernel_whose_inside_is_not_known_is_named(install_spec):
    code = (
        "import ipykernel._version as v; v.version_info, v.__version__ = (6, 29, 5), '6.29.5'\n"
        "from ipykernel import kernelapp; kernelapp.launch_new_instance()"
    )
    options = install_spec("old", [sys.executable, "-c", code, "-f", "{connection_file}"])
    with pytest.raises(KernelError, match=r"did not start: its Python has ipykernel 6\.29\.5"):
        async with open_ipython(options):
            pass


async def test_a_command_that_is_not_there_is_named(install_spec):
    with pytest.raises(KernelError, match=r"did not start: .*no-such-python"):
        async with open_ipython(install_spec("gone", ["/no-such-python"])):
            pass


async def test_a_kernel_of_another_language_is_refused(install_spec):
    with pytest.raises(ConfigError, match="ir speaks R, and cells are Python"):
        async with open_ipython(install_spec("ir", ["R"], language="R")):
            pass


@pytest.mark.parametrize("more", [{"isolation": "auto"}, {"start": "zygote"}])
async def test_what_it_cannot_have_is_refused(install_spec, more, request):
    if request.config.getoption("--machine") and "isolation" in more:
        pytest.skip("the tests of such a machine do without walls")
    options = install_spec("mine", LAUNCH)
    with pytest.raises(KernelError, match=r"--isolation none|a process of its own"):
        async with open_ipython(KernelOptions(**(vars(options) | more))):
            pass
