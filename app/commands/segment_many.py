"""Many images through a model into a folder, one after the other; what is there already is skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from app.commands.output import note, print_json, progress, warn
from imaging.errors import UserError
from inference.client import InferenceFailed
from inference.worker.turns import QueueClass
from session.batch.items import MASK_SUFFIX, found_series
from session.batch.studies import found_studies
from session.before_run import BeforeRun, before_run
from session.channels import ChannelSource
from session.done_before import image_files, is_done, read_again
from session.object_export import OBJECT_SUFFIX
from session.opening import read_images
from session.opening_ahead import begin_opening
from session.segment_to_file import Telling, Wishes, segment_to_file
from session.settings import Settings

FAILED = 1


def segment_many(paths: Sequence[Path], folder: Path, wishes: Wishes, *, again: bool, as_json: bool) -> int:
    """Segment every image series below the paths; every study for a model that wants several images.

    A series whose mask stands in the folder with the record of a run of the same model in the same version on the same
    files is skipped, so that a batch that was stopped goes on where it was. One image's failure does not stop the
    others.

    Args:
        paths: files or folders.
        folder: where masks and records go, as NAME.nii.gz and NAME.run.json; NAME is the path's own, with a number
            where a path holds several series.

    Returns:
        0; 1 when an image could not be segmented.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wishes = replace(wishes, queue_class=QueueClass.BATCH)
    settings = Settings()
    done: list[dict[str, Any]] = []
    told: BeforeRun | None = None  # of the first image; they are mostly alike

    def refuse(path: Path, error: UserError) -> None:
        note(f"error: {path.name}: {error.message}")
        done.append({"path": str(path), "error": error.message})

    for name, (first, *others) in _inputs(paths, wishes, refuse):
        out = folder / f"{name}{OBJECT_SUFFIX if wishes.object_format else MASK_SUFFIX}"
        assert first.path is not None
        assert first.series is not None
        entry: dict[str, Any] = {"path": str(first.path), "series": first.series.id, "out": str(out)}
        if others:
            entry["images"] = [source.title for source in (first, *others)]
        wanted = replace(wishes, others=tuple(others)) if others else wishes
        try:
            sources = (first, *wanted.others)
            wanted = replace(wanted, inputs=tuple(image_files(source) for source in sources))
            read = partial(read_again, sources, wishes.regular_grid, progress)
            if not again and is_done(out, wishes.model, wishes.parameters, wanted.inputs, read, note):
                note(f"{out.name} is there already")
                done.append(entry | {"skipped": True})
                continue
            if told is None:
                begin_opening(wishes, settings)
            images = read_images(first.path, first.series, regular_grid=wishes.regular_grid, report=progress)
            if told is None:
                told = before_run(images.volumes[0], wanted, settings)
                for sentence in told.sentences:
                    note(sentence)
            segmented = segment_to_file(images, out, wanted, settings, Telling(progress, warn))
            done.append(entry | segmented.summary)
            note(f"{out.name} is done")
        except (UserError, InferenceFailed) as error:
            note(f"error: {out.name}: {' '.join(error.message.split())}")
            done.append(entry | {"error": error.message})
    failed = sum("error" in entry for entry in done)
    if as_json:
        print_json({"images": done, "failed": failed, **({} if told is None else told.to_json())})
    else:
        skipped = sum("skipped" in entry for entry in done)
        print(f"{len(done) - failed - skipped} segmented, {skipped} skipped, {failed} failed")
    return FAILED if failed else 0


def _inputs(
    paths: Sequence[Path], wishes: Wishes, refuse: Callable[[Path, UserError], None]
) -> Iterator[tuple[str, tuple[ChannelSource, ...]]]:
    """Name of the result and images of each run; a study whose names do not tell which image is which is refused."""
    if len(wishes.channels) < 2 or wishes.others:
        for found in found_series(paths, refuse):
            yield found.name, (ChannelSource(found.name, found.path, found.series),)
        return
    for study in found_studies(paths, refuse):
        try:
            yield study.name, study.sources(wishes.channels)
        except UserError as error:
            refuse(study.path, error)
