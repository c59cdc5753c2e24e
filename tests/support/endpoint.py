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
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]
PATIENCE = 30.0
"""Seconds after which a test that waits for something that never comes is given up."""


@dataclass(frozen=True)
class Said:
    """A completion. `finish` "length": cut off at its token limit. `after` holds it back."""

    text: str = ""
    finish: str = "stop"
    after: threading.Event | None = None


@dataclass(frozen=True)
class Refused:
    """An error with a status, in the JSON form that such endpoints give."""

    status: int
    message: str = "refused by the script"
    param: str | None = None
    code: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True)
class Cut:
    """A stream that says `text` and breaks: the connection is lost, or an `error` is streamed, or
    it just ends in good form with no finish reason (`clean`)."""

    text: str = ""
    error: str | None = None
    clean: bool = False


@dataclass(frozen=True)
class Hang:
    """Says `text`, then nothing more until the client leaves or the endpoint is closed."""

    text: str = ""


@dataclass(frozen=True)
class Page:
    """A reply that is no completion at all, such as the page of a proxy."""

    content: str = "<html><body>Welcome</body></html>"
    kind: str = "text/html"
    status: int = 200


Told = str | Said | Refused | Cut | Hang | Page
Step = Told | Callable[[Body], Told]


@dataclass(frozen=True)
class Received:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: Body


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
        self._server = _Server(("127.0.0.1", self.port), _Handler)
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


class _Server(ThreadingHTTPServer):
    endpoint: Endpoint
    daemon_threads = False
    block_on_close = True

    def __init__(self, *args: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args)

    def get_request(self) -> Any:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it went in the meantime

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is no news; anything else is a fault of the test's script."""
        import sys

        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: a test's output is its own."""

    def do_GET(self) -> None:
        self._note({})
        if self._welcome():
            if self.path == "/v1/models":
                names = self.server.endpoint.models
                self._json(200, {"object": "list", "data": [_model(name) for name in names]})
            else:
                self._refuse(Refused(404, f"Invalid URL (GET {self.path})"))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._note(body)
        if self._welcome():
            if self.path == "/v1/chat/completions":
                self._complete(body)
            else:
                self._refuse(Refused(404, f"Invalid URL (POST {self.path})"))

    def _note(self, body: Body) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.endpoint.received(Received(self.command, self.path, headers, body))

    def _welcome(self) -> bool:
        key = self.server.endpoint.key
        if not key or self.headers["Authorization"] == f"Bearer {key}":
            return True
        self._refuse(Refused(401, "Incorrect API key provided", code="invalid_api_key"))
        return False

    def _complete(self, body: Body) -> None:
        endpoint, model = self.server.endpoint, body["model"]
        if model not in endpoint.models:
            text = f"The model `{model}` does not exist"
            return self._refuse(Refused(404, text, code="model_not_found"))
        told = endpoint.next_step(body)
        told = Said(told) if isinstance(told, str) else told
        if isinstance(told, Said):
            return self._say(body, told)
        if isinstance(told, Refused):
            return self._refuse(told)
        if isinstance(told, Page):
            return self._send(told.status, told.content.encode(), told.kind)
        return self._cut(body, told) if isinstance(told, Cut) else self._hang(body, told)

    def _say(self, body: Body, said: Said) -> None:
        endpoint = self.server.endpoint
        if said.after and not said.after.wait(PATIENCE):
            raise TimeoutError("the test never let the reply go")
        usage = endpoint.usage(body, said.text) if endpoint.counts else None
        if not body.get("stream"):
            message = {"role": "assistant", "content": said.text}
            choice = {"index": 0, "message": message, "finish_reason": said.finish}
            frame = _frame(body, "chat.completion", [choice])
            return self._json(200, frame | ({"usage": usage} if usage else {}))
        self._begin_stream()
        self._stream_text(body, said.text)
        self._chunk(_frame(body, CHUNK, [_delta({}, said.finish)]))
        if usage and (body.get("stream_options") or {}).get("include_usage"):
            self._chunk(_frame(body, CHUNK, []) | {"usage": usage})
        self._raw(b"data: [DONE]\n\n")
        self._raw(b"")
        return None

    def _hang(self, body: Body, hang: Hang) -> None:
        self.close_connection = True
        try:
            if hang.text:
                self._begin_stream()
                self._stream_text(body, hang.text)
            left = self.connection.recv(1) == b""
        except ConnectionError:
            left = True
        if left:
            self.server.endpoint.left_by_client.release()

    def _cut(self, body: Body, cut: Cut) -> None:
        self._begin_stream()
        self._stream_text(body, cut.text)
        if cut.error:
            self._chunk({"error": {"message": cut.error, "type": "server_error"}})
        if cut.error or cut.clean:
            self._raw(b"")
        else:
            self.close_connection = True

    def _refuse(self, refused: Refused) -> None:
        error = {
            "message": refused.message,
            "type": "invalid_request_error",
            "param": refused.param,
            "code": refused.code,
        }
        after = refused.retry_after
        headers = {} if after is None else {"retry-after": after}
        self._json(refused.status, {"error": error}, headers)

    def _json(self, status: int, content: Body, headers: Body | None = None) -> None:
        self._send(status, json.dumps(content).encode(), "application/json", headers)

    def _send(self, status: int, content: bytes, kind: str, headers: Body | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(content)

    def _begin_stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _stream_text(self, body: Body, text: str) -> None:
        self._chunk(_frame(body, CHUNK, [_delta({"role": "assistant", "content": ""})]))
        for piece in re.findall(r"\s*\S+|\s+$", text):
            self._chunk(_frame(body, CHUNK, [_delta({"content": piece})]))

    def _chunk(self, content: Body) -> None:
        self._raw(b"data: " + json.dumps(content).encode() + b"\n\n")

    def _raw(self, content: bytes) -> None:
        """One chunk of the transfer; the empty one ends it."""
        self.wfile.write(b"%x\r\n%b\r\n" % (len(content), content))


CHUNK = "chat.completion.chunk"


def _common(a: str, b: str) -> int:
    """The length of what both begin with."""
    differs = range(min(len(a), len(b)) + 1)
    return bisect.bisect_left(differs, x=True, key=lambda n: a[:n] != b[:n]) - 1


def _model(name: str) -> Body:
    return {"id": name, "object": "model", "created": 0, "owned_by": "tests"}


def _frame(body: Body, kind: str, choices: list[Body]) -> Body:
    return {
        "id": "chatcmpl-1",
        "object": kind,
        "created": 0,
        "model": body["model"],
        "choices": choices,
    }


def _delta(delta: Body, finish: str | None = None) -> Body:
    return {"index": 0, "delta": delta, "finish_reason": finish}
