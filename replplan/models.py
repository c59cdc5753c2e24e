"""Models by name."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from replplan.domain import Adapters
from replplan.errors import ConfigError
from replplan.model import Model
from replplan.record import Json

LOCAL = "local"
LOCAL_BASE = "local-base"
EMBEDDED = (LOCAL, LOCAL_BASE)
"""The names of the embedded model: as it was taught, and as its weights came."""
REPLAY = "replay:"


def make_model(
    name: str | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    retries: int | None = None,
    adapters: Adapters | None = None,
    params: Mapping[str, Json] | None = None,
) -> Model:
    """The model of that name.

    Args:
        name: "local" for the embedded model, "local-base" for it without what it was taught,
            "replay:TRACE" for what a trace recorded, else a name that the OpenAI-compatible
            endpoint serves. None: the embedded model where no endpoint is configured.
        base_url: the endpoint; None for OPENAI_BASE_URL, else OpenAI's own.
        api_key: its key; None for OPENAI_API_KEY.
        retries: how often an endpoint's client may send a request again; None for its default.
        adapters: what the embedded model was taught of the domain (`Domain.adapters`); other
            models have no use for it.
        params: parameters of every request to an endpoint, such as `{"temperature": 0}`.

    Raises:
        ConfigError: an endpoint is configured, but no model is named; no trace to replay is; or
            `params` are for one that has no endpoint.
        TraceError: the trace cannot be read.
    """
    check_named(name, base_url)
    if params and (name in (None, *EMBEDDED) or str(name).startswith(REPLAY)):
        raise ConfigError(f"{name or LOCAL} is at no endpoint that takes {', '.join(params)}")
    if name is None or name in EMBEDDED:
        from replplan.local import LocalModel, ServerOptions

        if adapters is None or name == LOCAL_BASE:
            return LocalModel()
        return LocalModel(options=ServerOptions(lora=(adapters.plan,)), yes_no=adapters.yes_no)
    if name.startswith(REPLAY):
        from replplan.replay import ReplayModel

        if name == REPLAY:
            raise ConfigError("which trace? Name it behind the colon: --model replay:TRACE")
        return ReplayModel(Path(name.removeprefix(REPLAY)))
    from replplan.endpoints.settings import Settings
    from replplan.openai_model import OpenAIModel

    settings = Settings(extra=params or {})
    if retries is not None:
        settings = replace(settings, retries=retries)
    return OpenAIModel(name, base_url=base_url, api_key=api_key, settings=settings)


def read_params(words: Iterable[str]) -> dict[str, Json]:
    """Parameters of requests, each as `NAME=VALUE`: a value in JSON, or else a text.

    Raises:
        ConfigError: one is no such thing.
    """
    params: dict[str, Json] = {}
    for word in words:
        name, is_one, value = word.partition("=")
        if not (is_one and name.isidentifier()):
            raise ConfigError(f"{word!r} is no parameter: it looks like temperature=0")
        try:
            params[name] = json.loads(value)
        except ValueError:
            params[name] = value
    return params


def check_named(name: str | None, base_url: str | None = None) -> None:
    """See that a model is named where an endpoint is configured.

    Raises:
        ConfigError: none is.
    """
    endpoint = base_url or os.environ.get("OPENAI_BASE_URL")
    if name is None and endpoint:
        raise ConfigError(f"which model of {without_secrets(endpoint)}? Name it (--model NAME)")


def without_secrets(url: str | None) -> str | None:
    """An address without user name, password and query, fit to be written down."""
    if url is None:
        return None
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
