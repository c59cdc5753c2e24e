"""All of a kernel that needs neither a thread nor a socket, made before the fork.

Rests on the inside of ipykernel 7.4: the steps of `IPKernelApp.initialize` are taken in their
order, split in two. `warm_app` goes as far as one can without a socket, `finish_app` from there.
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable
from typing import Any

from ipykernel import kernelapp
from ipykernel.iostream import IOPubThread
from ipykernel.ipkernel import IPythonKernel
from IPython.core.application import BaseIPythonApplication
from traitlets.config import Config
from zmq.eventloop.zmqstream import ZMQStream


class WarmKernel(IPythonKernel):
    """A kernel that is older than its sockets and threads."""

    @classmethod
    def instance(cls, *args: Any, **kwargs: Any) -> Any:
        """The one kernel; what is given is made its own, as its constructor would."""
        if not cls.initialized():
            return super().instance(*args, **kwargs)
        kernel = super().instance()
        for name, value in kwargs.items():
            if getattr(kernel, name) is not value:
                setattr(kernel, name, value)
        kernel.connect_shell()
        return kernel

    def connect_shell(self) -> None:
        """What the constructor does with sockets and streams, once there are some."""
        shell: Any = self.shell
        self.ident = str(uuid.uuid4())
        topic: Any = self._topic
        shell.displayhook.topic = topic("execute_result")
        for part in (shell.displayhook, shell.display_pub):
            part.session, part.pub_socket = self.session, self.iopub_socket
        self._stdout, self._stderr = sys.stdout, sys.stderr
        self.debugpy_stream = None  # there is no debugger: debugpy is not loaded


def no_listener(socket: Any, pipe: bool, session: Any) -> Any:
    """An IOPub thread without its TCP listener for what forked children of a kernel print.

    It would be one more way in, and where sockets are refused libzmq aborts the process.
    """
    thread: Any = IOPubThread
    return thread(socket, pipe=False, session=session)


def warm_app() -> Any:
    """The application with its profile, session, kernel and InteractiveShell."""
    module: Any = kernelapp
    module.IOPubThread = no_listener
    config = Config()
    config.HistoryManager.enabled = False  # a database on disk: milliseconds a cell
    config.InteractiveShellApp.default_extensions = []  # storemagic: another
    config.InteractiveShellApp.exec_PYTHONSTARTUP = False
    app: Any = module.IPKernelApp.instance(config=config, parent_handle=0, log_level=40)
    initialize: Any = BaseIPythonApplication.initialize  # not IPKernelApp's, which goes all the way
    initialize(app, [])
    app.init_pdb()
    app.kernel_class = WarmKernel
    app.kernel = WarmKernel.instance(
        parent=app, session=app.session, log=app.log, profile_dir=app.profile_dir, user_ns=None
    )
    app.init_path()
    app.init_shell()
    app.init_gui_pylab()
    app.init_extensions()
    app.init_code()
    rehearse(app)
    app.session.serialize(app.session.msg("status", {}))
    return app


def rehearse(app: Any) -> None:
    """Run a cell that does nothing and leaves no trace, so that later ones find all in place."""
    shell = app.kernel.shell
    shell.run_cell("pass", silent=True, store_history=False)
    shell.last_execution_result = None


def rehearse_by_message(app: Any, then: Callable[[], None]) -> None:
    """Run such a cell as a client would, once the event loop runs.

    Over the socket that a debugger would use: ours has none.
    """
    stream = ZMQStream(app.debug_shell_socket)

    def replied(_: object) -> None:
        stream.stop_on_recv()
        then()

    stream.on_recv(replied)
    cell = {"code": "pass", "silent": True, "store_history": False, "allow_stdin": False}
    app.session.send(stream, "execute_request", cell)


def finish_app(app: Any, connection: dict[str, Any], connection_file: str) -> None:
    """What `IPKernelApp.initialize` does from the connection file on, in its order."""
    app.session.pid, app.session.session = os.getpid(), str(uuid.uuid4())
    app.connection_file = connection_file
    app.load_connection_info(connection)
    app.init_sockets()
    app.init_heartbeat()
    app.init_io()
    app.init_signal()
    app.init_kernel()
