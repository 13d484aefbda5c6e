"""One HTTP session with a DICOMweb service: login, trust, proxy and time-outs as the destination says, nothing else.

The environment decides nothing here (``trust_env`` is off): a variable that names certificates would otherwise replace
those of the destination, and a password file could log us in unasked.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from imaging.errors import UserError
from sync.destination import Destination, Login
from sync.dimse.association import ConnectionFailed
from sync.secrets import of_proxy, read_secret

if TYPE_CHECKING:
    import requests

MOST_JSON_BYTES = 256 << 20


@contextmanager
def session_with(destination: Destination) -> Iterator[requests.Session]:
    """A session; TLS is verified against the destination's authority or the system's.

    Raises:
        UserError: there is no secret to log in with, or others could read it on the way.
    """
    import requests

    _keep_quiet()
    if destination.login is not Login.NONE and not (destination.is_encrypted or destination.is_this_machine):
        hint = "Set its address with https://, or choose no login."
        raise UserError(f"“{destination.name}” would get the login in readable form.", hint)
    with requests.Session() as session:
        session.trust_env = False
        session.max_redirects = 0  # a redirect could lead what we send to somewhere else
        session.verify = destination.tls.ca_file or True
        if destination.tls.certificate:
            session.cert = (destination.tls.certificate, destination.tls.key)
        if destination.proxy:
            proxy = _proxy_of(destination)
            session.proxies = {"http": proxy, "https": proxy}
        if destination.login is Login.PASSWORD:
            session.auth = (destination.user, read_secret(destination.name))
        elif destination.login is Login.TOKEN:
            session.headers["Authorization"] = f"Bearer {read_secret(destination.name)}"
        yield session


def _keep_quiet() -> None:
    """Stop urllib3 from logging: addresses hold what is searched for, which may be a patient's name."""
    logger = logging.getLogger("urllib3")
    logger.propagate = False
    logger.setLevel(logging.CRITICAL + 1)


def _proxy_of(destination: Destination) -> str:
    """The proxy's address as requests wants it: with the password in it."""
    if not destination.proxy_user:
        return destination.proxy
    password = quote(read_secret(of_proxy(destination.name)), safe="")
    parts = urlsplit(destination.proxy)
    return parts._replace(netloc=f"{destination.proxy_user}:{password}@{parts.netloc.rpartition('@')[2]}").geturl()


def ask(
    session: requests.Session,
    destination: Destination,
    method: str,
    path: str,
    also_fine: tuple[int, ...] = (),
    **more: Any,
) -> requests.Response:
    """Send one request below the service's root; the answer is not read yet.

    Args:
        also_fine: codes of errors whose body is wanted.
        more: what requests takes.

    Raises:
        ConnectionFailed: no answer; ``step`` says which part failed (dns, tcp, tls, proxy, answer).
        UserError: the service refused, with what that means.
    """
    import requests

    url = destination.url.rstrip("/") + path
    try:
        answer = session.request(method, url, timeout=destination.timeout_s, stream=True, allow_redirects=False, **more)
    except requests.RequestException as error:
        raise failure_of(destination, error) from error
    if answer.status_code >= 300 and answer.status_code not in also_fine:
        answer.close()
        raise _refusal(destination, answer.status_code)
    return answer


def read_json(answer: requests.Response, destination: Destination) -> Any:
    """The JSON of an answer; None when it is empty (204).

    Raises:
        UserError: it is too long, or no JSON.
        ConnectionFailed: the connection ended within it.
    """
    body = read_bounded(answer, destination, MOST_JSON_BYTES)
    if not body.strip():
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        hint = "Is the address that of the DICOMweb root?"
        raise UserError(f"“{destination.name}” answered with something that is no DICOM JSON.", hint) from error


def read_bounded(answer: requests.Response, destination: Destination, most: int) -> bytes:
    """The body of an answer of at most so many bytes.

    Raises:
        UserError: it is longer.
        ConnectionFailed: the connection ended within it.
    """
    import requests

    parts, size = [], 0
    try:
        for chunk in answer.iter_content(1 << 16):
            size += len(chunk)
            if size > most:
                raise UserError(f"“{destination.name}” sent more than {most >> 20} MB for one answer.")
            parts.append(chunk)
    except requests.RequestException as error:
        raise failure_of(destination, error) from error
    finally:
        answer.close()
    return b"".join(parts)


def failure_of(destination: Destination, error: Exception) -> ConnectionFailed:
    """What a failed request means; the library's own text may hold the address with what was asked for."""
    import requests

    text = str(error)
    if isinstance(error, requests.exceptions.ProxyError):
        return _proxy_failure(destination, text)
    if isinstance(error, requests.exceptions.SSLError):
        if "certificate is not valid for" in text:
            hint = "Set the name or address that its certificate is made for."
            message = f"The certificate of “{destination.name}” is made for another name."
            return ConnectionFailed("tls", message, hint)
        if "CERTIFICATE_VERIFY_FAILED" in text:
            hint = "Ask whoever runs it for its certificate authority's file, and set it here."
            return ConnectionFailed("tls", f"The certificate of “{destination.name}” is not trusted.", hint)
        return ConnectionFailed("tls", f"“{destination.name}” does not accept our encrypted connection.", "")
    if isinstance(error, requests.exceptions.ConnectTimeout):
        hint = "A firewall may be in between, or the machine is off."
        return ConnectionFailed("tcp", f"“{destination.name}” does not answer.", hint)
    if isinstance(error, requests.exceptions.Timeout):
        return ConnectionFailed("answer", f"“{destination.name}” did not answer in time.", "")
    if isinstance(error, requests.exceptions.ConnectionError):
        if "NameResolution" in text or "getaddrinfo" in text:
            hint = "Check its spelling, and that this computer can reach the hospital's name server."
            return ConnectionFailed("dns", f"The name {destination.address} is not known in this network.", hint)
        if "refused" in text:
            return ConnectionFailed("tcp", f"“{destination.name}” refuses connections.", "Its program may not run.")
        return ConnectionFailed("answer", f"The connection to “{destination.name}” was lost.", "Try again.")
    return ConnectionFailed("answer", f"The request to “{destination.name}” failed.", type(error).__name__)


def _proxy_failure(destination: Destination, text: str) -> ConnectionFailed:
    """What a proxy means that opens no way to the machine behind it (RFC 9110, 15.5 and 15.6)."""
    name = f"“{destination.name}”"
    code = re.search(r"Tunnel connection failed: (\d+)", text)
    if code is None:
        hint = "Check the proxy's address in the settings, and that it runs."
        return ConnectionFailed("proxy", f"The proxy before {name} cannot be reached.", hint)
    if code[1] in ("401", "407"):  # tinyproxy answers 401 to a wrong password
        hint = "Enter user and password of the proxy again."
        return ConnectionFailed("proxy", f"The proxy before {name} does not accept the login.", hint)
    if code[1] == "403":
        hint = "Ask whoever runs it to allow this address and port."
        return ConnectionFailed("proxy", f"The proxy does not let us through to {name}.", hint)
    hint = f"It answered with code {code[1]}. Check the address behind it."
    return ConnectionFailed("proxy", f"The proxy cannot reach {name}.", hint)


def _refusal(destination: Destination, status: int) -> UserError:
    name = f"“{destination.name}”"
    if status == 407:
        return UserError(f"The proxy before {name} does not accept the login.", "Enter its user and password again.")
    if status == 401:
        return UserError(f"{name} does not accept the login.", "Enter user and password, or the token, again.")
    if status == 403:
        return UserError(f"{name} does not allow this.", "Ask its administrator for the right to do it.")
    if status == 404:
        return UserError(f"{name} has nothing of the kind.", "Or the address is not that of its DICOMweb root.")
    if status in (406, 415):
        return UserError(f"{name} does not know this format.", f"It answered with code {status}.")
    if status in (413, 507):
        return UserError(f"{name} has no space for it.", "")
    if 300 <= status < 400:
        return UserError(f"{name} wants to redirect us, which could lead data elsewhere.", "Set its final address.")
    hint = f"It answered with code {status}."
    if status == 400 and destination.is_encrypted:  # what nginx says to callers without their certificate
        hint += " It may want a certificate of ours, or another one."
    return UserError(f"{name} refused the request.", hint)
