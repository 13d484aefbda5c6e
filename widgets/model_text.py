"""What a model's folder says of itself, as plain text for people: about, licence, code, and what the store knows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from inference.packages.description import CodeUse, ModelDescription
from inference.packages.stored_model import StoredModel
from widgets.sentences import translated

MIB = 2**20
LIBRARIES = ("monai.", "torch.", "ignite.")


def about_text(description: ModelDescription) -> str:
    """Format, inputs, labels, grid, weights, notes."""
    channels = ", ".join(f"{c.name} ({c.modality})" if c.modality else c.name for c in description.channels)
    labels = ", ".join(one.name for one in description.labels) or _tr("not stated")
    lines = [description.about, ""] if description.about else []
    lines += [
        _tr("Format: {0}, for {1}").format(description.format.value, description.task.value),
        _tr("Wants: {0}").format(channels),
        _tr("Finds: {0}").format(labels),
    ]
    if description.prompts:
        lines.append(_tr("Takes as well: {0}").format(", ".join(description.prompts)))
    if description.spacing_mm is not None:
        lines.append(_tr("Works at: {0} mm").format(" × ".join(f"{mm:g}" for mm in description.spacing_mm)))
    for file in description.weights:
        if file.is_needed:
            lines.append(_weights_line(file.path, file.url, is_present=file.is_present))
    lines += [_tr("Note: {0}").format(translated(note)) for note in description.notes]
    return "\n".join(lines)


def licence_text(description: ModelDescription) -> str:
    """The whole licence."""
    if not description.licence.strip():
        return _tr("No licence was found. Ask whoever made the model whether you may use it.")
    return "\n\n".join(part for part in (description.copyright, description.licence.strip()) if part)


def code_text(code: CodeUse) -> str:
    """What of Python the model makes run."""
    if not code.runs:
        lines = [_tr("This model runs no Python of its own.")]
    else:
        lines = [_tr("This model runs Python of its own, in a process of its own and without network.")]
        lines += _part(_tr("Its own files"), code.files)
        lines += _part(_tr("What it imports"), code.imports)
        own = [t for t in code.targets if "." in t and not t.startswith(LIBRARIES)]
        lines += _part(_tr("What of its own is called"), own)
        lines += _part(_tr("Expressions in its configuration"), code.expressions)
        lines += _part(_tr("Parts of MONAI and PyTorch"), [", ".join(t for t in code.targets if t not in own)])
    if code.pickles:
        lines += _part(_tr("Weights in Python's pickle format, of which only numbers are read"), code.pickles)
    return "\n".join(lines)


def store_text(model: StoredModel) -> str:
    """What the store knows: who added it, from where, who trusts it."""
    record = model.record
    if record is None:
        return ""
    lines = [_tr("Added by {0}, {1}").format(record.added_by, record.added_utc)]
    lines.append(_tr("From: {0}").format(record.source))
    lines.append(_tr("Folder: {0}").format(model.folder))
    if record.trusted_by:
        lines.append(_tr("Code trusted by {0}, {1}").format(record.trusted_by, record.trusted_utc))
    lines.append(_tr("Size: {0:.1f} MB in {1} files").format(record.size_bytes / MIB, len(record.files)))
    lines.append(f"SHA-256: {record.sha256}")
    return "\n".join(lines)


def _weights_line(path: str, url: str, *, is_present: bool) -> str:
    if is_present:
        return _tr("Weights: {0}").format(path)
    return _tr("Weights: {0}, missing; said to be at {1}").format(path, url or "?")


def _part(title: str, values: Sequence[str]) -> list[str]:
    return ["", f"{title}:", *(f"    {value}" for value in values)] if any(values) else []


def _tr(text: str) -> str:
    return QCoreApplication.translate("ModelText", text)
