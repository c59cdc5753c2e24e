"""The process of the embedded model: a llama.cpp server on loopback. `LocalServer` starts it.

Its order is one line of JSON on stdin: `{"model", "name", "lora", "threads", "context", "port",
"key"}`. It answers with one line on stdout, `{"url"}` or `{"error"}`, and lives until stdin is
closed, which the host's end does in whatever way it comes about.

It runs as a plain file and imports nothing of replplan: only the runtime is loaded here.
"""

from __future__ import annotations

import importlib
import json
import os
import threading
from typing import Any

CACHE_MIB = 256
"""For prompts that will come back; 23 MB hold 1,000 tokens. The default would be 8192."""
ERRORS = 1
"""How much the runtime logs: a line for what went wrong, none for a request that went well."""
GOMP = (
    "the embedded model needs the system library libgomp.so.1: install it "
    "(`apt-get install libgomp1` on Debian and Ubuntu)"
)


def main() -> None:
    """Read the order, serve, and leave with the host."""
    report = _own_stdout()
    stdin = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115 - lives as long as we
    order = json.loads(stdin.readline() or "{}")
    if not order:
        os._exit(0)
    threading.Thread(target=_leave_with_host, args=(stdin,), daemon=True).start()
    try:
        server = start(order)
    except (ImportError, RuntimeError, ValueError) as error:
        _say(report, error=explain(error))
        os._exit(1)
    _say(report, url=server.listening_address)
    threading.Event().wait()


def _own_stdout() -> int:
    """A copy of stdout; whatever else the runtime prints there goes to the log."""
    report = os.dup(1)
    os.dup2(2, 1)
    return report


def _say(report: int, **content: str) -> None:
    os.write(report, json.dumps(content).encode() + b"\n")


def _leave_with_host(stdin: Any) -> None:
    while stdin.read(4096):
        pass
    os._exit(0)  # no destructors: a running request must not delay the end


def explain(error: Exception) -> str:
    """One sentence of why the server did not start; empty where the log says it better."""
    if "libgomp" in str(error):
        return GOMP
    if isinstance(error, ImportError):
        return f"the runtime xllamacpp cannot be loaded here: {error}"
    return ""


def start(order: dict[str, Any]) -> Any:
    """The server, its model loaded and its port bound."""
    xllamacpp = importlib.import_module("xllamacpp")  # a binary without types

    params = xllamacpp.CommonParams()
    params.model.path = order["model"]
    params.model_alias = {order["name"]}
    params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(p, 1.0) for p in order["lora"]]
    _set_speed(params, order)
    _set_access(params, order)
    return xllamacpp.Server(params)


def _set_speed(params: Any, order: dict[str, Any]) -> None:
    params.n_ctx = order["context"]
    params.n_parallel = 1
    params.n_batch = params.n_ubatch = 512
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = order["threads"]
    params.n_gpu_layers = 0
    params.cache_ram_mib = CACHE_MIB
    # A parent and its child begin alike. To the server that is one prompt that went on otherwise,
    # and it would drop the parent's rest; never thought alike, each is kept when the other comes.
    params.slot_prompt_similarity = 0.0
    params.no_extra_bufts = True  # no second, repacked copy of the weights
    params.fit_params = False
    params.verbosity = ERRORS


def _set_access(params: Any, order: dict[str, Any]) -> None:
    params.n_threads_http = 2
    params.hostnames = ["127.0.0.1"]
    params.port = order["port"]
    params.api_keys = [order["key"]]
    params.cors_origins = "http://localhost"  # the default lets any page in a browser call it
    params.ui = params.endpoint_slots = False


if __name__ == "__main__":
    main()
