"""Spans of OpenTelemetry, as a collector on loopback gets them by OTLP over HTTP."""

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from plans import cell, play, script
from players import Player, evaluate

from replplan.cli import cli
from replplan.errors import ConfigError
from replplan.limits import Limits
from replplan.model import ScriptedModel
from replplan.telemetry import Telemetry, tracer_to
from replplan_domains.notebook import Notebook

pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
messages = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "empty-prices.jsonl"


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A collector on a busy machine may take longer than people would wait for it."""
    monkeypatch.setattr("replplan.telemetry._EXPORT_SECONDS", 60.0)


class Collector:
    """Takes traces as a collector does: protobuf over HTTP."""

    def __init__(self):
        collector, self.spans, self.resources = self, [], []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                assert self.path == "/v1/traces"
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Content-Encoding"] == "gzip":
                    body = gzip.decompress(body)
                collector.take(body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))

    def take(self, body):
        for of in messages.ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resources.append({a.key: a.value.string_value for a in of.resource.attributes})
            self.spans += [span for scope in of.scope_spans for span in scope.spans]

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def tree(self):
        """The spans' names, each as the path that leads to it, in the order they began."""
        names = {span.span_id: span for span in self.spans}
        assert len(names) == len(self.spans)

        def path(span):
            outer = names.get(span.parent_span_id)
            return ([*path(outer)] if outer else []) + [span.name]

        ordered = sorted(self.spans, key=lambda span: (span.start_time_unix_nano, len(path(span))))
        return [" > ".join(path(span)) for span in ordered]


def attributes(span):
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in span.attributes}


async def told(collector, *, content=False, **options):
    with tracer_to(collector.url) as tracer:
        telemetry = Telemetry(tracer, content=content)
        played = await play(**options)
        for event in played.events:
            telemetry(event)
    return played


SCRIPT = {
    "root": ["x = find('mug')\n1 / 0", "answer(x)"],
    "find": ["answer(ask('where?', get_args()[0]))"],
    "ask": ["there"],
}


async def test_a_collector_gets_plan_session_turn_model_call_cell_and_call():
    with Collector() as collector:
        played = await told(collector, model=script(**SCRIPT))
    root = "invoke_agent repl-plan > invoke_agent root"
    cell = f"{root} > turn 1 > execute_tool python"
    find = f"{cell} > invoke_agent find > turn 1"
    assert sorted(collector.tree()) == sorted([
        "invoke_agent repl-plan", root,
        f"{root} > turn 1", f"{root} > turn 1 > chat scripted", cell,
        f"{cell} > invoke_agent find", find, f"{find} > chat scripted",
        f"{find} > execute_tool python", f"{find} > execute_tool python > chat scripted",
        f"{find} > execute_tool python > execute_tool ask",
        f"{root} > turn 2", f"{root} > turn 2 > chat scripted",
        f"{root} > turn 2 > execute_tool python",
    ])  # fmt: skip
    assert len({span.trace_id for span in collector.spans}) == 1
    assert all(span.end_time_unix_nano >= span.start_time_unix_nano > 0 for span in collector.spans)
    assert {r["service.name"] for r in collector.resources} == {"replplan"}
    chats = [attributes(s) for s in collector.spans if s.name.startswith("chat")]
    assert {c["gen_ai.operation.name"] for c in chats} == {"chat"}
    used = sum(c["gen_ai.usage.input_tokens"] + c["gen_ai.usage.output_tokens"] for c in chats)
    assert used == played.result.usage.tokens
    (plan,) = [s for s in collector.spans if s.name == "invoke_agent repl-plan"]
    assert attributes(plan)["replplan.stop_reason"] == "answered"
    assert attributes(plan)["gen_ai.usage.input_tokens"] == played.result.usage.input_tokens
    failed = [s for s in collector.spans if s.status.code == 2]
    assert [attributes(s)["error.type"] for s in failed] == ["ZeroDivisionError"]


async def test_a_reply_without_a_cell_and_a_function_that_fails_are_errors_of_their_spans(tmp_path):
    tools = tmp_path / "tools.py"
    tools.write_text("def row(key): raise LookupError(key)")
    model = ScriptedModel(["I wonder.", cell("row('x')"), cell("answer(1)")])
    with Collector() as collector:
        await told(collector, model=model, domain=Notebook(goal="g", tools=tools), content=True)
    failed = {s.name: attributes(s) for s in collector.spans if s.status.code == 2}
    assert {name: about["error.type"] for name, about in failed.items()} == {
        "turn": "no_cell",
        "execute_tool row": "error",
        "execute_tool python": "LookupError",
    }
    assert json.loads(failed["execute_tool row"]["gen_ai.tool.call.arguments"]) == {"args": ["x"]}


async def test_what_was_said_is_told_only_where_that_is_asked_for():
    with Collector() as silent, Collector() as open_one:
        await told(silent, model=script(**SCRIPT))
        await told(open_one, model=script(**SCRIPT), content=True)
    said = ("where?", "find('mug')", "there")
    whole = [b"".join(s.SerializeToString() for s in c.spans) for c in (silent, open_one)]
    for text in said:
        assert text.encode() not in whole[0]
        assert text.encode() in whole[1]


async def test_a_plan_that_a_limit_ends_leaves_no_span_open():
    with Collector() as collector:
        await told(
            collector, model=script(root=["deep()"], deep=["1", "2"]),
            limits=Limits(seconds=60, turns=2),
        )  # fmt: skip
    (plan,) = [s for s in collector.spans if s.name == "invoke_agent repl-plan"]
    assert attributes(plan)["error.type"] == "limit:turns"
    assert len(collector.tree()) == len(collector.spans) >= 7


@pytest.mark.slow
def test_episodes_of_a_run_are_told_and_nothing_is_by_default(endpoint, tmp_path):
    endpoint.script(Player(2))
    with Collector() as collector:
        what = ("alfworld", "--limit", "2", "--model", endpoint.model)
        assert evaluate(tmp_path, endpoint, *what, "--out", "a").returncode == 0
        assert not collector.spans
        done = evaluate(tmp_path, endpoint, *what, "--out", "b", "--otel", collector.url)
        assert done.returncode == 0, done.stderr
    plans = [attributes(s) for s in collector.spans if not s.parent_span_id]
    assert sorted(p["replplan.task"] for p in plans) == ["dev-0000-pick", "dev-0001-look"]
    assert all(p["replplan.solved"] for p in plans)
    acted = [s for s in collector.spans if s.name == "execute_tool act"]
    assert len(acted) == sum(p["replplan.actions"] for p in plans)


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r'pip install "replplan\[otel\]"'):
        cli.main(
            ["plan", "a goal", "--otel", "http://127.0.0.1:9", "--model", f"replay:{EXAMPLE}",
             "--trace", str(tmp_path / "t.jsonl")],
            standalone_mode=False,
        )  # fmt: skip
