"""What was dragged into the window: images are opened, models are offered for adding."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QMimeData

from app.object_opening import bring_files
from app.opening import open_paths
from session.model_guess import looks_like_model
from session.object_kinds import ObjectKind, kind_of
from session.session import Session
from widgets.action_bridge import guarded

ADD, OPEN = "add", "open"


def dropped_paths(content: QMimeData) -> list[Path]:
    """The local files and folders of a drag; empty when it has none."""
    return [Path(url.toLocalFile()) for url in content.urls() if url.isLocalFile()]


def take_in(session: Session, paths: list[Path]) -> None:
    """Open what was dropped or chosen, objects on their images; offer to add what looks like a model."""

    def look() -> None:
        models = [path for path in paths if looks_like_model(path)]
        objects = [path for path in paths if path not in models and kind_of(path) is not ObjectKind.OTHER]
        others = [path for path in paths if path not in (*models, *objects)]
        session.post(lambda: _take_in(session, models, objects, others))

    threading.Thread(target=look, name="dropped", daemon=True).start()


def _take_in(session: Session, models: list[Path], objects: list[Path], others: list[Path]) -> None:
    for path in models:
        answer = _asked(session, path)
        if answer == ADD:
            session.actions["models.add"].run(session, source=str(path))
        elif answer == OPEN:
            others = [*others, path]
    if others:
        guarded(session, lambda: open_paths(session, others))
    if objects:
        guarded(session, lambda: bring_files(session, objects))


def _asked(session: Session, path: Path) -> str | None:
    assert session.window is not None
    return session.window.ask_choice(
        QCoreApplication.translate("Drop", "Add a model"),
        QCoreApplication.translate("Drop", "“{0}” looks like a model.").format(path.name),
        [
            (ADD, QCoreApplication.translate("Drop", "Look at it, and add it")),
            (OPEN, QCoreApplication.translate("Drop", "Open it as an image")),
        ],
    )
