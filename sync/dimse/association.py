"""One association with a machine: opened with the right names, encryption and time-outs, closed whatever happens."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from imaging.errors import UserError
from sync.destination import Destination
from sync.tls import client_context, told

if TYPE_CHECKING:
    from pynetdicom.association import Association
    from pynetdicom.presentation import PresentationContext

MAX_PDU = 128 << 10
POLL_S, PATIENCE_S = 0.1, 3.0  # how often a stop is looked for, and how long a machine may take to obey it
_UNKNOWN_CALLED, _UNKNOWN_CALLING = 7, 3  # PS3.8 table 9-21
_OTHER_NAME = (62, 64)  # OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH


class ConnectionFailed(UserError):
    """The machine could not be reached or refused us; ``step`` names what failed (dns, tcp, tls, association)."""

    def __init__(self, step: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.step = step


@contextlib.contextmanager
def associated(
    destination: Destination,
    contexts: Sequence[PresentationContext],
    roles: Sequence[Any] = (),
    handlers: Sequence[tuple[Any, ...]] = (),
) -> Iterator[Association]:
    """An open association; it is released at the end of the block and aborted after an error.

    Args:
        contexts: the presentation contexts to propose, at most 128.
        roles: role selection items (for C-GET).
        handlers: pynetdicom's event handlers.

    Raises:
        ConnectionFailed: which step failed, and what can be done.
        UserError: the certificates cannot be read.
    """
    from pynetdicom import AE

    keep_quiet()
    look_up(destination.host, destination.port)
    entity = AE(ae_title=destination.own_ae_title)
    entity.connection_timeout = entity.acse_timeout = entity.dimse_timeout = destination.timeout_s
    entity.network_timeout = destination.timeout_s
    entity.maximum_pdu_size = MAX_PDU
    tls = (client_context(destination.tls), destination.host) if destination.tls.is_on else None
    association = entity.associate(
        destination.host,
        destination.port,
        contexts=list(contexts),
        ae_title=destination.ae_title,
        max_pdu=MAX_PDU,
        ext_neg=list(roles),
        evt_handlers=list(handlers),
        tls_args=tls,
    )
    if not association.is_established:
        raise _why(destination, association)
    try:
        yield association
    except BaseException:
        association.abort()
        raise
    if association.is_established:
        association.release()


@contextlib.contextmanager
def hung_up_on_stop(association: Association, is_cancelled: Callable[[], bool]) -> Iterator[None]:
    """Cut the connection when the person stopped, and the machine does not answer within seconds.

    Whoever waits for it then gets an empty answer; without this a stop would last as long as the time-out.
    """
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(POLL_S):
            if is_cancelled():
                wrapped = association.dul.socket
                if not is_over.wait(PATIENCE_S) and wrapped is not None and wrapped.socket is not None:
                    with contextlib.suppress(OSError):
                        wrapped.socket.shutdown(socket.SHUT_RDWR)
                return

    watcher = threading.Thread(target=watch, name="stop", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()


def keep_quiet() -> None:
    """Stop pynetdicom from logging: its messages hold names of patients."""
    logger = logging.getLogger("pynetdicom")
    logger.propagate = False
    logger.setLevel(logging.CRITICAL + 1)


def check_reachable(destination: Destination) -> None:
    """Look the host up, connect, and shake hands, each by itself, so that a failure can be named.

    Raises:
        ConnectionFailed: the first step that fails.
    """
    look_up(destination.host, destination.port)
    with connect(destination.host, destination.port, destination.timeout_s) as raw:
        if destination.tls.is_on:
            shake_hands(raw, client_context(destination.tls), destination.host).close()


def look_up(host: str, port: int) -> None:
    """Find the address of a name.

    Raises:
        ConnectionFailed: nobody knows it.
    """
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        hint = "Check its spelling, and that this computer can reach the hospital's name server."
        raise ConnectionFailed("dns", f"The name {host} is not known in this network.", hint) from error


def connect(host: str, port: int, timeout_s: float) -> socket.socket:
    """A TCP connection.

    Raises:
        ConnectionFailed: nobody answers at that port.
    """
    try:
        return socket.create_connection((host, port), timeout=timeout_s)
    except TimeoutError as error:
        hint = "A firewall may be in between, or the machine is off."
        raise ConnectionFailed("tcp", f"{host} does not answer at port {port}.", hint) from error
    except OSError as error:
        hint = "The program there may not run, or listens at another port."
        raise ConnectionFailed("tcp", f"{host} refuses connections at port {port} ({error.strerror}).", hint) from error


def shake_hands(raw: socket.socket, context: ssl.SSLContext, host: str) -> ssl.SSLSocket:
    """TLS on a connection; with TLS 1.3 a certificate that is missed on our side shows only at the first read.

    Raises:
        ConnectionFailed: the certificate is not trusted, or TLS is not spoken there.
    """
    try:
        return context.wrap_socket(raw, server_hostname=host)
    except (OSError, ssl.SSLError) as error:
        hint = "Ask whoever runs the machine for its certificate authority's file, and set it here."
        if isinstance(error, ssl.SSLCertVerificationError) and error.verify_code in _OTHER_NAME:
            hint = "Set the name or address that its certificate is made for."
        raise ConnectionFailed("tls", told(error), hint) from error


def _why(destination: Destination, association: Association) -> ConnectionFailed:
    """Find out why there is no association."""
    if association.is_rejected:
        return _rejected(destination, association)
    try:
        check_reachable(destination)
    except ConnectionFailed as failure:
        return failure
    if destination.tls.is_on:
        hint = "It may want a certificate of ours, or another one."
        return ConnectionFailed("tls", f"“{destination.name}” ended the encrypted connection.", hint)
    hint = "It may expect TLS, allow other addresses only, or understand none of what was asked."
    return ConnectionFailed("association", f"“{destination.name}” ended the connection without a reason.", hint)


def _rejected(destination: Destination, association: Association) -> ConnectionFailed:
    primitive = association.acceptor.primitive
    source, diagnostic = (primitive.result_source, primitive.diagnostic) if primitive else (0, 0)
    if source == 1 and diagnostic == _UNKNOWN_CALLED:
        message = f"“{destination.name}” does not call itself {destination.ae_title}."
        return ConnectionFailed("association", message, "Correct the machine's AE title.")
    if source == 1 and diagnostic == _UNKNOWN_CALLING:
        message = f"“{destination.name}” does not know {destination.own_ae_title}."
        return ConnectionFailed("association", message, "Ask its administrator to allow our AE title and address.")
    if source == 3:
        return ConnectionFailed("association", f"“{destination.name}” is busy.", "Try again in a while.")
    return ConnectionFailed("association", f"“{destination.name}” refuses the association.", "")
