"""The HTTP of a scripted endpoint: keep-alive, chunked server-sent events, bearer keys."""

from __future__ import annotations

import json
import re
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from endpoint_replies import PATIENCE, Body, Cut, Hang, Page, Received, Refused, Said

if TYPE_CHECKING:
    from endpoint import Endpoint


class EndpointServer(ThreadingHTTPServer):
    endpoint: Endpoint
    request_queue_size = 128  # of five, on a busy machine, some wait seconds to be tried again
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


class EndpointHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: EndpointServer

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
        if said.thoughts:
            self._chunk(_frame(body, CHUNK, [_delta({"reasoning_content": said.thoughts})]))
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
