"""Verification: does the machine answer at all (C-ECHO, PS3.4 annex A)?"""

from __future__ import annotations

import time

from sync.destination import Destination
from sync.dimse.association import associated
from sync.dimse.status import SUCCESS, code_of, refused


def echo(destination: Destination) -> float:
    """Ask the machine for an answer; the seconds it took. Nothing that names a patient is sent.

    Raises:
        ConnectionFailed: which step failed.
        UserError: it answered with a refusal.
    """
    from pynetdicom.presentation import build_context
    from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

    began = time.perf_counter()
    with associated(destination, [build_context(Verification)]) as association:
        if not association.accepted_contexts:
            raise refused(destination.name, 0x0122)
        status = code_of(association.send_c_echo(), destination.name)
        if status != SUCCESS:
            raise refused(destination.name, status)
    return time.perf_counter() - began
