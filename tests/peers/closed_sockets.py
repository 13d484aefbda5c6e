"""A fixture that all tests of the network share; import it to use it."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def closed_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """pynetdicom leaves the socket of a connection that failed to the garbage collector, which warns of it."""
    from pynetdicom.transport import AssociationSocket

    shut = AssociationSocket._shutdown_socket

    def shut_and_close(self: AssociationSocket) -> None:
        shut(self)
        if self.socket is not None:
            self.socket.close()

    monkeypatch.setattr(AssociationSocket, "_shutdown_socket", shut_and_close)
