"""The kinds of objects (SOP Classes) that we take from others."""

from __future__ import annotations

import re

MOST_CLASSES = 126  # of 128 in a request (PS3.8 9.3.2); C-GET needs one for itself
# Retired kinds without images, waveforms, measurements of eyes, plans of newer radiotherapy, printers' pages: proposed
# only where there is room.
_SELDOM = re.compile(
    r"1\.2\.840\.10008\.5\.1\.(1\.|4\.34\.|4\.1\.1\.((8|9|10|11|129)$|(9|78|79|80|81|82|200)\.|77\.1\.5\.|481\.[12]\d))"
)


def storage_classes() -> list[str]:
    """All kinds that can be stored, those that the standard retired included: archives still hold them."""
    from pynetdicom.presentation import AllStoragePresentationContexts, StoragePresentationContexts

    contexts = (*AllStoragePresentationContexts, *StoragePresentationContexts)
    return list(dict.fromkeys(str(context.abstract_syntax) for context in contexts))


def usual_classes() -> list[str]:
    """The kinds that are proposed for a whole study, as many as a request has room for.

    One object for which there is no context makes some archives stop in the middle.
    """
    return sorted(storage_classes(), key=lambda uid: _SELDOM.match(uid) is not None)[:MOST_CLASSES]
