"""What macOS meets, as far as that can be seen here: Python without the calls that Linux alone has."""

from __future__ import annotations

import subprocess
import sys

IMPORT_ALL = """
import asyncio, importlib, os, pkgutil, signal, socket, subprocess, sys, sysconfig

import IPython.core.interactiveshell, ipykernel.kernelapp, psutil, zmq

sysconfig.get_config_vars()
lacking = {
    os: "pidfd_open eventfd waitid P_PIDFD O_PATH O_TMPFILE getresuid setresuid setresgid",
    signal: "SIGRTMIN SIGRTMAX pidfd_send_signal",
    socket: "SO_PEERCRED SO_PASSCRED AF_NETLINK AF_PACKET AF_VSOCK AF_ALG",
}
for module, names in lacking.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
sys.platform = "darwin"

import replplan_kernels

for module in pkgutil.walk_packages(replplan_kernels.__path__, "replplan_kernels."):
    importlib.import_module(module.name)
from replplan_kernels.zygote.launch import can_fork
print(can_fork())
"""


def test_every_module_of_kernels_can_be_imported_without_what_linux_alone_has():
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "forking a warm kernel is not safe on darwin: it needs Linux\n"
