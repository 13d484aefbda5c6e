"""Many images through a model into a folder, one after the other; what is there already is skipped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.commands.output import note, print_json, progress
from app.commands.segment_one import Wishes, record_path, segment_one
from imaging.errors import UserError
from imaging.opening import Series
from inference.client import InferenceFailed
from inference.worker.turns import QueueClass
from session.opening import read_images
from session.reading import image_series

SUFFIX = ".nii.gz"
FAILED = 1


def segment_many(paths: Sequence[Path], folder: Path, wishes: Wishes, *, again: bool, as_json: bool) -> int:
    """Segment every image series below the paths.

    A series whose mask stands in the folder with the record of a run of the same model in the same version is skipped,
    so that a batch that was stopped goes on where it was. One image's failure does not stop the others.

    Args:
        paths: files or folders.
        folder: where masks and records go, as NAME.nii.gz and NAME.run.json; NAME is the path's own, with a number
            where a path holds several series.

    Returns:
        0; 1 when an image could not be segmented.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wishes = replace(wishes, queue_class=QueueClass.BATCH)
    done: list[dict[str, Any]] = []
    for path, series, name in _series(paths, done):
        out = folder / f"{name}{SUFFIX}"
        entry: dict[str, Any] = {"path": str(path), "series": series.id, "out": str(out)}
        if not again and _is_done(out, wishes):
            note(f"{out.name} is there already")
            done.append(entry | {"skipped": True})
            continue
        try:
            images = read_images(path, series, regular_grid=wishes.regular_grid, report=progress)
            done.append(entry | segment_one(images, out, wishes))
            note(f"{out.name} is done")
        except (UserError, InferenceFailed) as error:
            note(f"error: {out.name}: {' '.join(error.message.split())}")
            done.append(entry | {"error": error.message})
    failed = sum("error" in entry for entry in done)
    if as_json:
        print_json({"images": done, "failed": failed})
    else:
        skipped = sum("skipped" in entry for entry in done)
        print(f"{len(done) - failed - skipped} segmented, {skipped} skipped, {failed} failed")
    return FAILED if failed else 0


def _series(paths: Sequence[Path], done: list[dict[str, Any]]) -> Iterator[tuple[Path, Series, str]]:
    """Each series with the name that its mask gets; paths without images are noted and passed over."""
    taken: set[str] = set()
    for path in paths:
        try:
            found = image_series(path)
        except UserError as error:
            note(f"error: {path.name}: {error.message}")
            done.append({"path": str(path), "error": error.message})
            continue
        for number, series in enumerate(sorted(found, key=lambda one: one.id), 1):
            stem = path.resolve().name.split(".")[0] or "image"
            name = stem if len(found) == 1 else f"{stem}-{number}"
            while name in taken:
                name += "-again"
            taken.add(name)
            yield path, series, name


def _is_done(out: Path, wishes: Wishes) -> bool:
    record = record_path(out)
    if not out.exists() or not record.exists():
        return False
    try:
        noted = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    model = wishes.model
    return bool(noted.get("model_id") == model.id and noted.get("model_version") == model.version)
