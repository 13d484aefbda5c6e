"""What the list of studies says below itself: how much there is, and what could not be listed."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from imaging.workspace.listing import MOST_STUDIES
from session.study_browsing import Found


def found_sentence(found: Found, *, is_narrowed: bool) -> str:
    """One line; ``is_narrowed``: a filter is set, so that an empty list does not mean that there is nothing."""
    if not (found.studies or found.folders or found.roots or is_narrowed):
        return _tr("Nothing is listed yet. Add the folders that hold your images, or bring in a CD.")
    if is_narrowed and not (found.studies or found.folders):
        return _tr("Nothing fits the search and the filters.")
    count, files = len(found.studies), sum(len(folder.files) for folder in found.folders)
    parts = []
    if count or not files:
        parts.append(_tr("1 study") if count == 1 else _tr("{0} studies").format(count))
    if count >= MOST_STUDIES:
        parts.append(_tr("only the newest are listed, search for others"))
    if files:
        parts.append(_tr("1 research file") if files == 1 else _tr("{0} research files").format(files))
    missing = [root.path.name for root in found.roots if root.is_missing]
    if missing:
        parts.append(_tr("not there at the moment: {0}").format(", ".join(missing)))
    if found.closed_folders:
        parts.append(_tr("folders that may not be read: {0}").format(", ".join(found.closed_folders)))
    if found.unreadable:
        parts.append(_tr("{0} files could not be read").format(found.unreadable))
    if found.incomplete_discs:
        parts.append(_tr("files are missing on the disc {0}").format(", ".join(found.incomplete_discs)))
    if found.broken_discs:
        discs = ", ".join(found.broken_discs)
        parts.append(_tr("the directory of the disc {0} cannot be used, its files were looked at").format(discs))
    return " · ".join(parts)


def _tr(text: str) -> str:
    return QCoreApplication.translate("StudiesFound", text)
