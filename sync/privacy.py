"""The gate before the network: what names a patient leaves only encrypted, and only to the hospital's own machines."""

from __future__ import annotations

from imaging.errors import UserError
from sync.destination import Destination, Network


class NotAllowed(UserError):
    """The gate is shut; message and hint say why and what to do."""


def require_allowed(destination: Destination, *, is_identified: bool) -> None:
    """Let data pass to a destination, or refuse it. Everything that leaves through `sync` passes here.

    Queries count, too: a search by name or patient ID names a patient. Data without identifiers may go anywhere.

    Raises:
        NotAllowed: the data name a patient and the destination lies outside the hospital, or the connection is not
            encrypted and leaves this computer.
    """
    if not is_identified:
        return
    if not destination.is_inside:
        raise NotAllowed(
            f"“{destination.name}” is not marked as inside the hospital: nothing that names a patient is sent there.",
            "Remove the identifiers before sending, or have it marked as inside by whoever answers for that.",
        )
    if not destination.is_encrypted and not destination.is_this_machine:
        plain = "DICOM without TLS" if destination.network is Network.DIMSE else "Plain HTTP"
        raise NotAllowed(
            f"{plain} to “{destination.name}” can be read by others on the way: nothing that names a patient is sent.",
            "Set up TLS for it, or remove the identifiers before sending.",
        )
