"""Answers questions over long texts by rlms, for `longtext.py`: a JSON list of jobs comes by stdin.

Runs in an environment that has rlms and nothing of replplan.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any


def answer(job: dict[str, Any]) -> dict[str, Any]:
    import rlm.clients.openai
    import rlm.environments.local_repl  # noqa: F401 what is imported counts for nobody's time
    from rlm import RLM

    text = Path(job["text"]).read_text(encoding="utf-8")
    model = {"model_name": job["model"], "base_url": job["url"], "api_key": job["key"]}
    began = time.perf_counter()
    recursive = RLM(backend="openai", backend_kwargs=model, environment="local")
    said = recursive.completion(text, root_prompt=job["goal"])
    return {"said": said.response, "seconds": time.perf_counter() - began}


def main() -> None:
    job = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        done = answer(job)
    mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**done, "mb": mb, "version": version("rlms")}))


if __name__ == "__main__":
    main()
