"""HTTP with a server on this machine, and the times that it tells."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from figures import Busy, Trouble

HERE = "127.0.0.1"
Value = TypeVar("Value")
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def http(url: str, body: Any = None, token: str | None = None) -> Any:
    """Ask, and ask again while the answer is "busy, try later": a server whose SQLite is locked may say so."""
    for pause in (0.2, 0.4, 0.8, 1.6, 3.2):
        try:
            return http_once(url, body, token)
        except Busy:
            time.sleep(pause)
    return http_once(url, body, token)


def http_once(url: str, body: Any, token: str | None) -> Any:
    """GET, or POST if there is a body, and give the JSON of the answer."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    try:
        with _OPENER.open(urllib.request.Request(url, data, headers), timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        kind = Busy if error.code == 503 else Trouble
        raise kind(f"{url} answered {error.code}: {error.read().decode(errors='replace')[:200]}") from None
    except OSError as error:
        raise Trouble(f"{url} does not answer: {error}") from None


def quietly(call: Callable[[], Value]) -> Value | None:
    """The result of a call, or None while it fails."""
    try:
        return call()
    except (Trouble, ValueError):
        return None


def seconds(text: str) -> float:
    """An ISO 8601 instant with up to six digits behind the point, in seconds since 1970."""
    text = text.replace("Z", "+00:00")
    point = text.find(".")
    if point >= 0:
        end = next((at for at in range(point + 1, len(text)) if not text[at].isdigit()), len(text))
        text = text[:point] + "." + text[point + 1 : end][:6].ljust(6, "0") + text[end:]
    return datetime.fromisoformat(text).timestamp()


def spans(times: list[tuple[str, str]]) -> list[tuple[float, float]]:
    """Starts and ends, in the order of the starts."""
    return sorted((seconds(start), seconds(end)) for start, end in times)


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])
