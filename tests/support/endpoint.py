"""A chat-completions endpoint on loopback that says what a test tells it to.

    def test_it(endpoint):
        endpoint.script("first reply", Refused(429, retry_after=0.01), "second reply")
        ... OpenAIModel(endpoint.model, base_url=endpoint.url, api_key=endpoint.key) ...
        assert endpoint.bodies[0]["messages"][0]["role"] == "system"

It is a real HTTP/1.1 server with keep-alive, chunked server-sent events, bearer keys, `usage` and
a simulated prefix cache: four characters are a token, and what a prompt has in common with the
beginning of an earlier one is reported as cached.
"""

from __future__ import annotations

import bisect
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from endpoint_http import EndpointHandler, EndpointServer
from endpoint_replies import PATIENCE, Body, Cut, Hang, Page, Received, Refused, Said, Step, Told

__all__ = [
    "PATIENCE",
    "Body",
    "Cut",
    "Endpoint",
    "Hang",
    "Page",
    "Received",
    "Refused",
    "Said",
    "Step",
    "Told",
]


@dataclass
class Endpoint:
    """The server: `with Endpoint() as endpoint`. What it got is in `requests` and `bodies`.

    `port` 0 is a free one. `refuses` names parameters that it answers with a 400; `counts` is whether it reports usage.
    """

    key: str = "sk-test-0123456789"
    models: list[str] = field(default_factory=lambda: ["scripted-1", "scripted-2"])
    refuses: set[str] = field(default_factory=set)
    counts: bool = True
    port: int = 0
    requests: list[Received] = field(default_factory=list)
    left_by_client: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __post_init__(self) -> None:
        self._steps: Iterator[Step] = iter(())
        self._news = threading.Condition()
        self._prompts: list[str] = []
        self._server = EndpointServer(("127.0.0.1", self.port), EndpointHandler)
        self._server.endpoint = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Endpoint:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.end_connections()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def model(self) -> str:
        return self.models[0]

    @property
    def bodies(self) -> list[Body]:
        """The parsed bodies of the completions asked for, in order."""
        return [r.body for r in self.requests if r.path.endswith("/chat/completions")]

    def script(self, *steps: Step) -> None:
        """Set what comes next, in order. One function alone answers every request."""
        always = len(steps) == 1 and callable(steps[0])
        self._steps = iter(lambda: steps[0], None) if always else iter(steps)

    def wait_for(self, requests: int) -> None:
        """Wait until so many completions have been asked for."""
        with self._news:
            if not self._news.wait_for(lambda: len(self.bodies) >= requests, PATIENCE):
                raise TimeoutError(f"{len(self.bodies)} requests came, not {requests}")

    def wait_for_leave(self) -> None:
        """Wait until a client has closed its connection while this endpoint was hanging."""
        if not self.left_by_client.acquire(timeout=PATIENCE):
            raise TimeoutError("the client did not leave")

    def received(self, request: Received) -> None:
        with self._news:
            self.requests.append(request)
            self._news.notify_all()

    def next_step(self, body: Body) -> Told:
        refused = sorted(self.refuses & body.keys())
        if refused:
            text = f"Unsupported parameter: '{refused[0]}' is not supported with this model."
            return Refused(400, text, param=refused[0], code="unsupported_parameter")
        with self._news:
            step = next(self._steps, Refused(422, "the script has no reply left"))
        return step(body) if callable(step) else step

    def usage(self, body: Body, text: str) -> Body:
        prompt = "".join(f"<{m['role']}>{m['content']}" for m in body["messages"])
        with self._news:
            cached = max((_common(prompt, p) for p in self._prompts), default=0)
            self._prompts.append(prompt)
        sent, said = -(-len(prompt) // 4), -(-len(text) // 4)
        return {
            "prompt_tokens": sent,
            "completion_tokens": said,
            "total_tokens": sent + said,
            "prompt_tokens_details": {"cached_tokens": cached // 4},
        }


def _common(a: str, b: str) -> int:
    """The length of what both begin with."""
    differs = range(min(len(a), len(b)) + 1)
    return bisect.bisect_left(differs, x=True, key=lambda n: a[:n] != b[:n]) - 1
