"""What was dragged into the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData


def dropped_paths(content: QMimeData) -> list[Path]:
    """The local files and folders of a drag; empty when it has none."""
    return [Path(url.toLocalFile()) for url in content.urls() if url.isLocalFile()]
