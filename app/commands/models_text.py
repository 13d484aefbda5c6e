"""How models are shown on the command line: as JSON records and as lines for people."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from inference.catalogue import ModelInfo
from inference.packages.description import CodeUse, ModelDescription
from inference.packages.stored_model import StoredModel

WIDTH = 100
ID_WIDTH = 40
MOST_LINES = 12
MOST_LICENCE_LINES = 8
LIBRARIES = ("monai.", "torch.", "ignite.")


def info_record(info: ModelInfo) -> dict[str, Any]:
    """A model of the catalogue, built in or not."""
    return {
        "id": info.id,
        "name": info.name,
        "version": info.version,
        "is_built_in": info.package is None and not info.is_external,
        "kind": "external" if info.is_external else "added" if info.package is not None else "built in",
        "structures": list(info.structures),
        "modalities": list(info.modalities),
        "about": info.about,
        "problem": info.problem,
        "hint": info.hint,
    }


def description_record(description: ModelDescription) -> dict[str, Any]:
    """All that a model says of itself."""
    return asdict(description) | {"format": description.format.value, "task": description.task.value}


def stored_record(model: StoredModel) -> dict[str, Any]:
    """A model of the store: what it says, and what the store knows."""
    known = model.record
    record: dict[str, Any] = {} if model.description is None else description_record(model.description)
    record |= {
        "id": model.id,
        "is_system": model.is_system,
        "is_trusted": model.is_trusted,
        "folder": str(model.folder),
    }
    record |= {"problem": model.problem, "hint": model.hint}
    if known is not None:
        record |= {
            "source": known.source,
            "added_by": known.added_by,
            "added_utc": known.added_utc,
            "trusted_by": known.trusted_by,
            "trusted_utc": known.trusted_utc,
            "sha256": known.sha256,
            "size_bytes": known.size_bytes,
        }
    return record


def list_line(info: ModelInfo) -> str:
    """One model in one line, a second one when it cannot be run."""
    count = len(info.structures)
    finds = f"{count} structure{'s' if count > 1 else ''}" if count else "structures not stated"
    kind = ", external" if info.is_external else ""
    line = f"{info.id:<{ID_WIDTH}} {info.name} {info.version}, {finds}{kind}"
    return line if not info.problem else f"{line}\n{'':<{ID_WIDTH}} cannot be run: {info.problem} {info.hint}".rstrip()


def info_lines(info: ModelInfo) -> list[str]:
    """A model that is in no store: built in, or a task of a program that is installed on its own."""
    finds = textwrap.wrap(f"finds: {', '.join(info.structures) or 'not stated'}", WIDTH)
    lines = [list_line(info), *textwrap.wrap(info.about, WIDTH), *finds]
    if info.external is not None:
        from inference.external.listing import network_question, unplanned

        task = info.external
        lines += [f"command: {task.command}", f"made for: {task.modality or 'not stated'}"]
        lines.append(network_question(task)[0] or "Its own weights are on this computer.")
        lines.append(unplanned(task, may_connect=False))
    return lines


def description_lines(description: ModelDescription) -> list[str]:
    """What a person should see of a model before taking it in."""
    lines = [f"{description.name} {description.version} ({description.format}, {description.task})"]
    lines += textwrap.wrap(description.about, WIDTH)
    channels = ", ".join(f"{c.name} ({c.modality})" if c.modality else c.name for c in description.channels)
    prompts = f"; takes as well: {', '.join(description.prompts)}" if description.prompts else ""
    lines.append(f"wants: {channels}{prompts}")
    names = [label.name for label in description.labels]
    lines += textwrap.wrap(f"finds: {', '.join(names) or 'not stated'}", WIDTH, max_lines=4, placeholder=" …")
    if description.spacing_mm is not None:
        lines.append("works at: " + " x ".join(f"{s:g}" for s in description.spacing_mm) + " mm")
    for file in description.weights:
        if file.is_needed:
            lines.append(f"weights: {file.path}" + ("" if file.is_present else f", missing; said to be at {file.url}"))
    lines += [line for note in description.notes for line in textwrap.wrap(f"note: {note}", WIDTH)]
    return lines + code_lines(description.code)


def licence_lines(description: ModelDescription, most: int = MOST_LICENCE_LINES) -> list[str]:
    """The licence, cut after so many lines."""
    lines = [line for line in description.licence.splitlines() if line.strip()]
    if not lines:
        return ["licence: none was found; ask whoever made the model whether you may use it."]
    more = [f"  … {len(lines) - most} more lines; `limner models show NAME` prints all."] if len(lines) > most else []
    copyright_line = [f"copyright: {description.copyright}"] if description.copyright else []
    return [*copyright_line, "licence:", *(f"  {line}" for line in lines[:most]), *more]


def code_lines(code: CodeUse) -> list[str]:
    """What of Python a model makes run."""
    if not code.runs:
        lines = ["This model runs no Python of its own."]
    else:
        own = [target for target in code.targets if "." in target and not target.startswith(LIBRARIES)]
        lines = ["This model runs Python of its own:"]
        lines += _part("files", code.files) + _part("imports", code.imports) + _part("calls of its own", own)
        lines += _part("expressions", code.expressions)
        lines += _part("parts of MONAI and PyTorch", [", ".join(t for t in code.targets if t not in own)])
    if code.pickles:
        lines.append(f"Weights in Python's pickle format, of which only numbers are read: {', '.join(code.pickles)}")
    return lines


def _part(title: str, values: Sequence[str]) -> list[str]:
    if not any(values):
        return []
    more = [f"    … {len(values) - MOST_LINES} more (--json shows all)"] if len(values) > MOST_LINES else []
    wrapped = [textwrap.wrap(value, WIDTH, initial_indent="    ", subsequent_indent="    ") for value in values]
    return [f"  {title}:", *(line for lines in wrapped[:MOST_LINES] for line in lines), *more]


def store_lines(model: StoredModel) -> list[str]:
    """What the store knows of a model."""
    known = model.record
    if known is None:
        return []
    trusted = f"by {known.trusted_by}, {known.trusted_utc}" if known.trusted_by else "by nobody"
    return [
        f"id: {model.id}",
        f"folder: {model.folder}" + (" (read only)" if model.is_system else ""),
        f"added: by {known.added_by}, {known.added_utc}, from {known.source}",
        f"code trusted: {trusted}" if model.description is None or model.description.code.runs else "code: none",
        f"size: {size_words(known.size_bytes)} in {len(known.files)} files",
        f"sha256: {known.sha256}",
    ]


def size_words(size: int) -> str:
    """A number of bytes for people."""
    return f"{size / 2**20:.1f} MB" if size >= 2**20 else f"{size / 2**10:.1f} kB"
