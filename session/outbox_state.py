"""What waits in the outbox for a machine: counted without anybody waiting for it, and given up on wish."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from imaging.errors import UserError
from session.session import Session
from sync.outbox import FILE, FOLDER, ItemState, Outbox

Told = Callable[[Counter[ItemState]], None]


def ask_outbox(session: Session, destination: str, told: Told, *, forget: bool = False) -> None:
    """Count a destination's objects by how far they are; ``told`` is called on the document's thread.

    Args:
        forget: give them all up before.
    """
    workspace = session.settings.workspace()

    def ask() -> None:
        counts = Counter[ItemState]()
        if (workspace / FOLDER / FILE).exists():  # looking alone makes no outbox
            try:
                with Outbox(workspace) as outbox:
                    if forget:
                        outbox.forget(outbox.items(destination))
                    counts.update(item.state for item in outbox.items(destination))
            except UserError as error:
                session.post(lambda error=error: session.messages.error(error))  # type: ignore[misc]
        session.post(lambda: told(counts))

    threading.Thread(target=ask, name="outbox", daemon=True).start()
