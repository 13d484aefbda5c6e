"""Why does a connection not work? Every step by itself, the first that fails named with what to do about it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from imaging.errors import UserError
from sync.destination import Destination, Network
from sync.dicomweb import find as web
from sync.dimse import echo as dimse_echo
from sync.dimse import find as dimse
from sync.dimse.association import connect, look_up, shake_hands
from sync.privacy import NotAllowed
from sync.query import Level, Query
from sync.tls import client_context


@dataclass(frozen=True)
class Step:
    """One step. ``is_ok`` is None for a step that was not tried, because one before it failed or it is not needed."""

    name: str
    is_ok: bool | None
    seconds: float = 0.0
    message: str = ""
    hint: str = ""


NOBODY = "LIMNER-NO-SUCH-PATIENT"  # asked for to see whether searching works: it matches nobody


def diagnose(destination: Destination, on_step: Callable[[Step], None] = lambda _step: None) -> list[Step]:
    """Try the steps in their order; those behind the first that fails are not tried.

    Nothing that names a patient is sent: the query asks for somebody who does not exist.

    Args:
        on_step: called with each step when it is over, from this thread.
    """
    steps: list[Step] = []
    is_failed = False
    for name, action in _actions(destination):
        if is_failed:
            step = Step(name, None, message="Not tried.")
        else:
            step = _tried(name, action)
            is_failed = step.is_ok is False
        steps.append(step)
        on_step(step)
    return steps


def step_names(destination: Destination) -> list[str]:
    """The names of all steps, in their order."""
    return [name for name, _ in _actions(destination)]


def report_text(steps: list[Step], destination: Destination) -> str:
    """The steps as lines for somebody who helps, without the names and addresses of machines and people."""
    lines = []
    for step in steps:
        state = "not tried" if step.is_ok is None else "ok" if step.is_ok else "FAILED"
        said = " ".join(filter(None, (step.message, step.hint)))
        lines.append(f"{step.name}: {state} ({1000 * step.seconds:.0f} ms). {said}")
    text = "\n".join([f"{destination.network.value}, {'' if destination.is_encrypted else 'not '}encrypted", *lines])
    proxy = urlsplit(destination.proxy)
    names = {
        destination.name: "ARCHIVE",
        destination.address: "HOST",
        destination.host: "HOST",
        destination.url: "ADDRESS",
        destination.user: "USER",
        destination.ae_title: "ITS-TITLE",
        destination.own_ae_title: "OUR-TITLE",
        proxy.hostname or "": "PROXY",
        proxy.username or "": "USER",
    }
    for word in sorted(filter(None, names), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", names[word], text)
    return text


def failed_step(steps: list[Step]) -> Step | None:
    """The step that failed, None when all is well."""
    return next((step for step in steps if step.is_ok is False), None)


def _tried(name: str, action: Callable[[], str]) -> Step:
    began = time.perf_counter()
    try:
        message = action()
    except NotAllowed as refusal:
        return Step(name, None, message=refusal.message, hint=refusal.hint)
    except UserError as error:
        return Step(name, False, time.perf_counter() - began, error.message, error.hint)
    return Step(name, True, time.perf_counter() - began, message)


def _actions(destination: Destination) -> list[tuple[str, Callable[[], str]]]:
    host, port = _place(destination)

    def name() -> str:
        look_up(host, port)
        return f"{host} is known."

    def tcp() -> str:
        connect(host, port, destination.timeout_s).close()
        return f"Port {port} answers."

    def tls() -> str:
        with connect(host, port, destination.timeout_s) as raw:
            secured = shake_hands(raw, client_context(destination.tls), host)
            version = secured.version()
            secured.close()
        return f"Encrypted by {version}; the certificate is trusted."

    def association() -> str:
        dimse_echo.echo(destination)
        return f"{destination.ae_title} answers to {destination.own_ae_title}."

    def query() -> str:
        question = Query(Level.STUDY, {"PatientID": NOBODY}, limit=1)
        (dimse if destination.network is Network.DIMSE else web).find(destination, question)
        return "Searching works."

    found: list[tuple[str, Callable[[], str]]] = [("name", name), ("connection", tcp)]
    if destination.is_encrypted and not destination.proxy:  # behind a proxy only HTTP itself can tell
        found.append(("encryption", tls))
    if destination.network is Network.DIMSE:
        found.append(("association", association))
    return [*found, ("search", query)]


def _place(destination: Destination) -> tuple[str, int]:
    """Where the first connection goes: to the machine, or to the proxy before it."""
    if destination.network is Network.DIMSE:
        return destination.host, destination.port
    parts = urlsplit(destination.proxy or destination.url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
