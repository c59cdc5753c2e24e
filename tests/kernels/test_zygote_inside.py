"""What the zygote rests on inside of ipykernel. A failure here says: look at `zygote/warm.py`."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from ipykernel import ipkernel, kernelapp
from ipykernel.iostream import IOPubThread
from jupyter_client.session import Session
from traitlets.config import SingletonConfigurable

INITIALIZE = [
    "init_pdb",
    "init_blackhole",
    "init_connection_file",
    "init_poller",
    "init_sockets",
    "init_heartbeat",
    "write_connection_file",
    "log_connection_info",
    "init_io",
    "init_signal",
    "init_kernel",
    "init_path",
    "init_shell",
    "init_gui_pylab",
    "init_extensions",
    "init_code",
]
GIVEN_TO_THE_KERNEL = {
    "control_stream",
    "control_thread",
    "debug_shell_socket",
    "debugpy_stream",
    "iopub_socket",
    "iopub_thread",
    "log",
    "parent",
    "profile_dir",
    "session",
    "shell_channel_thread",
    "shell_stream",
    "stdin_socket",
    "user_ns",
}
MADE_OF_SOCKETS_BY_THE_CONSTRUCTOR = {
    "self.shell.displayhook.session",
    "self.shell.displayhook.pub_socket",
    "self.shell.displayhook.topic",
    "self.shell.display_pub.session",
    "self.shell.display_pub.pub_socket",
}


def tree_of(function: Callable[..., Any]) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))


def calls_on_self(function: Callable[..., Any]) -> list[str]:
    calls = [node for node in ast.walk(tree_of(function)) if isinstance(node, ast.Call)]
    calls.sort(key=lambda call: (call.lineno, call.col_offset))
    return [
        call.func.attr
        for call in calls
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "self"
    ]


def assigned(function: Callable[..., Any]) -> Iterator[str]:
    for node in ast.walk(tree_of(function)):
        if isinstance(node, ast.Assign):
            yield from (ast.unparse(target) for target in node.targets)


def test_the_order_in_which_an_application_is_made() -> None:
    steps = calls_on_self(kernelapp.IPKernelApp.initialize)
    assert [s for s in steps if s.startswith(("init_", "write_", "log_"))] == INITIALIZE


def test_what_the_kernel_is_given_once_there_are_sockets() -> None:
    tree = tree_of(kernelapp.IPKernelApp.init_kernel)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    factory = next(call for call in calls if ast.unparse(call.func) == "kernel_factory")
    assert {keyword.arg for keyword in factory.keywords} == GIVEN_TO_THE_KERNEL
    source = inspect.getsource(kernelapp.IPKernelApp.init_kernel)
    assert "kernel_factory = self.kernel_class.instance" in source
    assert issubclass(ipkernel.IPythonKernel, SingletonConfigurable)


def test_what_the_constructor_does_with_sockets() -> None:
    names = {n for n in assigned(ipkernel.IPythonKernel.__init__) if n.startswith("self.shell.d")}
    assert names == MADE_OF_SOCKETS_BY_THE_CONSTRUCTOR


def test_starting_does_without_a_stream_for_a_debugger() -> None:
    source = inspect.getsource(ipkernel.IPythonKernel.start)
    assert "if self.debugpy_stream is None" in source
    assert "if self.debugpy_stream:" in source


def test_the_thread_for_output_is_named_where_it_is_replaced() -> None:
    source = inspect.getsource(kernelapp.IPKernelApp.init_iopub)
    assert "IOPubThread(self.iopub_socket, pipe=True, session=self.session)" in source
    assert list(inspect.signature(IOPubThread.__init__).parameters) == [
        "self",
        "socket",
        "pipe",
        "session",
    ]


def test_a_session_knows_the_process_it_was_made_in() -> None:
    session = Session()
    assert {"pid", "session", "key"} <= session.traits().keys()


def test_a_heap_without_holes_has_none_left_to_fill() -> None:
    """In a process of its own: what is filled is gone for good."""
    code = "from replplan_kernels.zygote.holes import fill_holes as f; print(f(), f())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second = map(int, told.stdout.split())
    assert second <= first // 10
