"""The receiver: an AE that takes C-STORE and C-ECHO from machines on its list, and keeps what comes."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from imaging.dicom.syntax import READABLE
from imaging.errors import UserError
from sync.dimse.arriving import take_in
from sync.dimse.association import MAX_PDU, keep_quiet
from sync.dimse.classes import storage_classes
from sync.incoming import Arrival, Incoming, Received
from sync.listener.config import ListenerConfig
from sync.tls import server_context

if TYPE_CHECKING:
    from pynetdicom.events import Event

HANDSHAKE_SECONDS = 5
_REJECTED = (0x01, 0x01, 0x03)  # permanent, by the service user, calling AE title not recognised (PS3.8 table 9-21)


@dataclass
class Counts:
    """What happened since the start; read by anybody."""

    new: int = 0
    same: int = 0
    different: int = 0
    refused: int = 0
    strangers: int = 0
    last_reason: str = ""
    senders: dict[str, int] = field(default_factory=dict)


class Receiver:
    """Listens until it is closed. ``on_received`` is called from the connection's thread, after the object is safe."""

    def __init__(
        self, config: ListenerConfig, incoming: Incoming, on_received: Callable[[Received], None] = lambda _one: None
    ) -> None:
        self.config = config.checked()
        self.counts = Counts()
        self._incoming = incoming
        self._on_received = on_received
        self._lock = threading.Lock()
        self._server: Any = None
        self._entity: Any = None

    @property
    def port(self) -> int:
        """The port that is listened at (the one that the system chose when 0 was asked for)."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to listen.

        Raises:
            UserError: the port is taken, or the certificates cannot be read.
        """
        from pynetdicom import AE, evt
        from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

        keep_quiet()
        entity = AE(ae_title=self.config.ae_title)
        entity.require_called_aet = True
        entity.maximum_associations = self.config.most_associations
        entity.maximum_pdu_size = MAX_PDU
        entity.network_timeout = entity.dimse_timeout = entity.acse_timeout = self.config.idle_s
        entity.add_supported_context(Verification)
        for uid in storage_classes():
            entity.add_supported_context(uid, list(READABLE))
        tls = server_context(self.config.tls) if self.config.tls.is_on else None
        try:
            self._server = entity.make_server(
                (self.config.address, self.config.port),
                ssl_context=tls,
                evt_handlers=[(evt.EVT_REQUESTED, self._requested), (evt.EVT_C_STORE, self._store)],
                server_class=_server_class(self),
            )
        except OSError as error:
            hint = "Another program may listen there. Choose another one, or end that program."
            raise UserError(f"Port {self.config.port} cannot be used ({error.strerror}).", hint) from error
        self._entity = entity
        threading.Thread(target=self._server.serve_forever, name="receiver", daemon=True).start()

    def close(self) -> None:
        """Stop listening; connections that are open are ended."""
        if self._server is None:
            return
        self._server.shutdown()
        self._server = None
        for association in self._entity.active_associations:
            association.abort()

    def __enter__(self) -> Receiver:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def may_connect(self, address: str) -> bool:
        """True for addresses on the list; others are counted."""
        is_known = self.config.may_connect(address)
        if not is_known:
            with self._lock:
                self.counts.strangers += 1
        return is_known

    def _requested(self, event: Event) -> None:
        """Refuse a title that does not call from its own address; pynetdicom compares titles and addresses apart."""
        requestor = event.assoc.requestor
        title = str(requestor.primitive.calling_ae_title) if requestor.primitive else ""
        if not self.config.may_send(title, str(requestor.address)):
            with self._lock:
                self.counts.strangers += 1
            event.assoc.acse.send_reject(*_REJECTED)
            event.assoc.kill()

    def _store(self, event: Event) -> int:
        began = time.monotonic()
        sender = str(event.assoc.requestor.ae_title).strip()
        answer = take_in(event, self._incoming, sender)
        with self._lock:
            counts = self.counts
            if answer.received is None:
                counts.refused, counts.last_reason = counts.refused + 1, answer.reason
            else:
                counts.new += answer.received.arrival is Arrival.NEW
                counts.same += answer.received.arrival is Arrival.SAME
                counts.different += answer.received.arrival is Arrival.DIFFERENT
                counts.senders[sender] = counts.senders.get(sender, 0) + 1
        if answer.received is not None and answer.received.arrival is not Arrival.SAME:
            self._on_received(answer.received)
        if self.config.most_per_second:
            time.sleep(max(0.0, 1 / self.config.most_per_second - (time.monotonic() - began)))
        return answer.status


def _server_class(receiver: Receiver) -> type:
    """pynetdicom's server, which asks before it greets.

    An address that is not on the list is dropped before a byte is read from it, and a handshake that is never finished
    ends after some seconds: the one thread that accepts connections must not wait for a stranger.
    """
    from pynetdicom.transport import ThreadedAssociationServer

    class Server(ThreadedAssociationServer):
        """One listening socket."""

        def shutdown(self) -> None:
            """End the loop and close the socket."""
            socketserver.BaseServer.shutdown(self)
            self.server_close()

        def get_request(self) -> tuple[socket.socket, Any]:
            """The next connection from an address on the list, encrypted where that was set up."""
            assert self.socket is not None
            client, address = self.socket.accept()
            if not receiver.may_connect(str(address[0])):
                client.close()
                raise OSError("a stranger")  # socketserver goes on to the next connection
            if self.ssl_context is None:
                return client, address
            try:
                client.settimeout(HANDSHAKE_SECONDS)
                wrapped: ssl.SSLSocket = self.ssl_context.wrap_socket(client, server_side=True)
                wrapped.settimeout(None)
            except OSError:
                with contextlib.suppress(OSError):
                    client.close()
                raise
            return wrapped, address

    return Server
