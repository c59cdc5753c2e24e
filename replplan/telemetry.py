"""Where plans are told as spans of OpenTelemetry (the extra `otel`). See `replplan.spans`."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from replplan.errors import ConfigError
from replplan.events import Sink
from replplan.extras import require
from replplan.record import Record
from replplan.spans import Telemetry

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_TRACES = "/v1/traces"
_EXPORT_SECONDS = 5.0


@contextmanager
def tracer_to(endpoint: str) -> Iterator[Tracer]:
    """A tracer whose spans go to a collector by OTLP over HTTP; the last ones are sent at the end.

    Args:
        endpoint: such as `http://localhost:4318`.

    Raises:
        ConfigError: that is no address, or the extra is not installed.
    """
    if not endpoint.lower().startswith(("http://", "https://")):
        raise ConfigError(
            f"{endpoint!r} is no address of a collector: it has to look like http://localhost:4318"
        )
    require("opentelemetry.exporter.otlp.proto.http", "otel")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    version = importlib.metadata.version("replplan")
    url = endpoint.rstrip("/").removesuffix(_TRACES) + _TRACES
    resource = Resource.create({"service.name": "replplan", "service.version": version})
    provider = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(endpoint=url, timeout=_EXPORT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    try:
        yield provider.get_tracer("replplan", version)
    finally:
        provider.shutdown()


MakeSinks = Callable[[], tuple[Sink, ...]]
"""Makes the sinks of one plan, beside those that it has anyway."""


class Telling(Record):
    """Where plans are told as spans: a collector's `endpoint`, none for nowhere; and whether the
    `content` of what was said is told."""

    endpoint: str | None = None
    content: bool = False

    @contextmanager
    def sinks(self) -> Iterator[MakeSinks]:
        """Makes the sinks that send plans there.

        Raises:
            ConfigError: that is no address, or the extra is not installed.
        """
        if self.endpoint is None:
            yield tuple
            return
        with tracer_to(self.endpoint) as tracer:
            yield lambda: (Telemetry(tracer, content=self.content),)


__all__ = ["MakeSinks", "Telemetry", "Telling", "tracer_to"]
