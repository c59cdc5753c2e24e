"""What can go wrong with an endpoint, each in one sentence: what, where, what to do."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from replplan.endpoints.dialect import Refusal
from replplan.errors import ModelError

OVERLOADED = {408, 409, 429, 500, 502, 503, 504, 529}
TOO_LONG = {400, 413, 422}
BUSY = {429, 503, 529}
ELSEWHERE = "name another endpoint with --base-url"
LONGEST = 300
"""Characters of an endpoint's own message that are passed on."""

# As OpenAI, vLLM, llama.cpp, SGLang and others put it.
_TOO_LONG = re.compile(
    r"context[ _-]?(length|window|size)|n_ctx|(prompt|input|request) is too long|"
    r"too many (input )?tokens|longer than the (model|maximum)",
    re.IGNORECASE,
)
_WINDOW = re.compile(
    r"(?:context (?:length|window|size)(?: of| is)?|n_ctx[=: ]|allowed length)\D{0,20}(\d{3,8})|"
    r"> (\d{3,8}) maximum",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Place:
    """Where a model is asked for. The key is here to be kept out of messages."""

    model: str
    url: str
    key: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        """The host's name or address, in lower case."""
        try:
            return urlsplit(self.url).hostname or ""
        except ValueError:
            return ""

    @property
    def is_address(self) -> bool:
        """Whether this can be an endpoint's address at all."""
        return bool(self.host) and self.url.lower().startswith(("http://", "https://"))

    @property
    def is_openai(self) -> bool:
        """Whether this is OpenAI itself."""
        return self.host == "api.openai.com"

    @property
    def is_loopback(self) -> bool:
        """Whether this is a server on this machine."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def shown(self) -> str:
        """The address without user names, passwords and queries."""
        return self.clean(re.sub(r"//[^/@]*@", "//", self.url.split("?")[0]))

    def clean(self, text: str) -> str:
        """A message of the endpoint as one short line without the key."""
        if self.key:  # as a word: "none" and "x" stand for a key where there is none
            text = re.sub(rf"(?<!\w){re.escape(self.key)}(?!\w)", "[the key]", text)
        text = " ".join(text.split()).rstrip(".")
        return text if len(text) <= LONGEST else text[:LONGEST].rstrip() + " ..."


def no_key(place: Place) -> ModelError:
    """Asked before anything is sent."""
    return ModelError(
        f"there is no API key for {place.shown}: set OPENAI_API_KEY, or {ELSEWHERE}, "
        "or take --model local, which needs neither"
    )


def no_address(place: Place) -> ModelError:
    """What stands in for an address is none."""
    return ModelError(
        f"{place.shown!r} is no address of an endpoint: it has to look like "
        "http://127.0.0.1:11434/v1"
    )


def unreachable(place: Place, error: BaseException) -> ModelError:
    """No connection came about, or it broke before an answer began."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return ModelError(
                f"the host {place.host!r} of {place.shown} is not known here: check --base-url "
                "and the network",
                transient=cause.errno == socket.EAI_AGAIN,
            )
        if isinstance(cause, ConnectionRefusedError):
            hint = "start its server (such as `ollama serve`)" if place.is_loopback else "check it"
            return ModelError(
                f"nothing answers at {place.shown}: {hint}, or {ELSEWHERE}", transient=True
            )
    why = next((str(c) for c in reversed(causes) if str(c)), "no reason given")
    return ModelError(f"the connection to {place.shown} failed: {place.clean(why)}", transient=True)


def timed_out(place: Place, connect: float, patience: float) -> ModelError:
    """Nothing came for too long."""
    return ModelError(
        f"{place.shown} did not answer in time (connecting may take {connect:g} s, and the next "
        f"piece of a reply {patience:g} s)",
        transient=True,
    )


def cut(place: Place, why: str) -> ModelError:
    """A stream broke off; what had come is lost."""
    return ModelError(
        f"the reply of {place.model} at {place.shown} broke off twice: {place.clean(why)}",
        transient=True,
    )


def no_completion(place: Place, content: str) -> ModelError:
    """A good status, and something that is no completion."""
    page = "a web page" if looks_like_page(content) else f"{place.clean(content)[:80]!r}"
    return ModelError(
        f"what {place.shown} answers is no completion but {page}: check --base-url, which "
        "mostly ends in /v1"
    )


def refused(place: Place, refusal: Refusal, served: Sequence[str] | None = None) -> ModelError:
    """An error status. `served` are the models that the endpoint names, if it does."""
    said = "a web page" if looks_like_page(refusal.message) else place.clean(refusal.message)
    if refusal.status == 401:
        return ModelError(
            f"{place.shown} does not accept the API key: check OPENAI_API_KEY ({said})",
            hopeless=True,
        )
    if refusal.status == 403:
        return ModelError(
            f"{place.shown} does not allow this key to use {place.model}: {said}", hopeless=True
        )
    if refusal.status == 404:
        return _not_found(place, said, served)
    if refusal.status == 429:
        return _too_many(place, refusal, said)
    return ModelError(
        f"{place.shown} answers with status {refusal.status}: {said}",
        transient=refusal.status in OVERLOADED,
        too_long=is_too_long(refusal),
        window=_window(refusal),
        busy=refusal.status in BUSY,
        retry_after=refusal.retry_after,
    )


def is_too_long(refusal: Refusal) -> bool:
    """Whether it says that a prompt is longer than the model's window, in whichever words."""
    if refusal.status not in TOO_LONG:
        return False
    return "context" in (refusal.code or "") or bool(_TOO_LONG.search(refusal.message))


def _window(refusal: Refusal) -> int | None:
    """Tokens of the window, where a refusal of too long a prompt tells them."""
    told = _WINDOW.search(refusal.message) if is_too_long(refusal) else None
    return int(next(filter(None, told.groups()))) if told else None


def _not_found(place: Place, said: str, served: Sequence[str] | None) -> ModelError:
    if served is None or place.model in served:
        return ModelError(
            f"{place.shown} knows no such model or address as {place.model!r} ({said}): check "
            "--model, and --base-url, which mostly ends in /v1",
            hopeless=True,
        )
    names = ", ".join(served[:8]) + (f" and {len(served) - 8} more" if len(served) > 8 else "")
    return ModelError(
        f"{place.shown} has no model {place.model!r}: it serves {names or 'none at all'}",
        hopeless=True,
    )


def _too_many(place: Place, refusal: Refusal, said: str) -> ModelError:
    if refusal.code == "insufficient_quota":
        return ModelError(f"the account at {place.shown} has no quota left: {said}", hopeless=True)
    return ModelError(
        f"{place.shown} asks for fewer requests: wait, or take fewer --jobs ({said})",
        busy=True,
        retry_after=refusal.retry_after,
    )


def looks_like_page(content: str) -> bool:
    """Whether this is HTML."""
    return content.lstrip()[:200].lower().startswith(("<!doctype", "<html", "<head", "<?xml"))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from _each(error.exceptions)
        error = error.__cause__ or error.__context__


def _each(errors: Iterable[BaseException]) -> Iterator[BaseException]:
    for error in errors:
        yield from _causes(error)
