"""Many images through a model into a folder, one after the other; what is there already is skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from glob import escape
from pathlib import Path
from typing import Any

from app.commands.output import note, print_json, progress, warn
from imaging.errors import UserError
from inference.client import InferenceFailed
from inference.worker.turns import QueueClass
from session.batch.items import MASK_SUFFIX, found_series, is_name_of_uid
from session.batch.studies import found_studies
from session.before_run import BeforeRun, before_run
from session.channels import ChannelSource
from session.done_before import image_files, is_done, read_again, recorded_model
from session.object_export import OBJECT_SUFFIX
from session.opening import read_images
from session.opening_ahead import begin_opening
from session.segment_to_file import Telling, Wishes, segment_to_file
from session.settings import Settings

FAILED = 1
MOST_NAMED = 5


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
    batch = _Batch(replace(wishes, queue_class=QueueClass.BATCH), folder, again=again)
    for name, sources in _inputs(paths, wishes, batch.refuse):
        batch.take(name, sources)
    done, told = batch.done, batch.told
    failed = sum("error" in entry for entry in done)
    batch.say_what_was_said_often()
    batch.say_what_is_left()
    if as_json:
        print_json({"images": done, "failed": failed, **({} if told is None else told.to_json())})
    else:
        skipped = sum("skipped" in entry for entry in done)
        print(f"{len(done) - failed - skipped} segmented, {skipped} skipped, {failed} failed")
    return FAILED if failed else 0


class _Batch:
    """Takes one image after the other.

    Attributes:
        done: what became of each, as JSON.
        told: what was known before the first run; images of a batch are mostly alike.
    """

    def __init__(self, wishes: Wishes, folder: Path, *, again: bool) -> None:
        self.done: list[dict[str, Any]] = []
        self.told: BeforeRun | None = None
        self._wishes = wishes
        self._folder = folder
        self._again = again
        self._settings = Settings()
        self._said: dict[str, list[str]] = {}  # of which results
        self._suffix = OBJECT_SUFFIX if wishes.object_format else MASK_SUFFIX
        self._outs: set[Path] = set()
        self._dicom_folders: dict[Path, None] = {}

    def refuse(self, path: Path, error: UserError) -> None:
        """A path without an image to segment."""
        self._fail({"path": str(path)}, path.name, error)

    def take(self, name: str, sources: tuple[ChannelSource, ...]) -> None:
        """Segment an image, or the images of a study, unless that is done."""
        first, *others = sources
        assert first.path is not None
        assert first.series is not None
        out = self._folder / f"{name}{self._suffix}"
        self._outs.add(out)
        if first.path.is_dir() and first.series.stack is not None:
            self._dicom_folders[first.path] = None
        entry: dict[str, Any] = {"path": str(first.path), "series": first.series.id, "out": str(out)}
        if others:
            entry["images"] = [source.title for source in sources]
        wishes = replace(self._wishes, others=tuple(others)) if others else self._wishes
        called = _called(out, name, sources)
        try:
            wishes = replace(wishes, inputs=tuple(image_files(source) for source in (first, *wishes.others)))
            if self._is_done(out, first, wishes):
                note(f"{called} is there already")
                self.done.append(entry | {"skipped": True})
                return
            self.done.append(entry | self._segmented(out, first, wishes, called))
        except (UserError, InferenceFailed) as error:
            self._fail(entry, called, error)
            if recorded_model(out) is not None and out.exists():
                warn(UserError(f"{out.name} is still the one of the run before."))

    def say_what_was_said_often(self) -> None:
        """Sentences that stood beside one result only, although they are about others, too."""
        for sentence, (_, *others) in self._said.items():
            if others:
                named = ", ".join(others) if len(others) <= MOST_NAMED else f"{len(others)} others"
                note(f"also of {named}: {sentence}")

    def say_what_is_left(self) -> None:
        """Masks of images that a folder of DICOM series does not hold any more, or holds under another name."""
        for path in self._dicom_folders:
            stem = path.resolve().name.split(".")[0]
            for out in sorted(self._folder.glob(f"{escape(stem)}*{self._suffix}")):
                name = out.name.removesuffix(self._suffix)
                is_of_folder = name == stem or is_name_of_uid(name, stem)
                if is_of_folder and out not in self._outs and recorded_model(out) == self._wishes.model.id:
                    warn(UserError(f"{out.name} is left from before: {path.name} holds no image for it now."))

    def _is_done(self, out: Path, first: ChannelSource, wishes: Wishes) -> bool:
        read = partial(read_again, (first, *wishes.others), wishes.regular_grid, progress)
        return not self._again and is_done(out, wishes.model, wishes.parameters, wishes.inputs, read, note)

    def _segmented(self, out: Path, first: ChannelSource, wishes: Wishes, called: str) -> dict[str, Any]:
        assert first.path is not None
        assert first.series is not None
        if self.told is None:
            begin_opening(wishes, self._settings)
        images = read_images(first.path, first.series, regular_grid=wishes.regular_grid, report=progress)
        if self.told is None:
            self.told = before_run(images.volumes[0], wishes, self._settings)
            for sentence in self.told.sentences:
                note(sentence)
        summary = segment_to_file(images, out, wishes, self._settings, Telling(progress, warn)).summary
        note(f"{called} is done")
        for sentence in summary["notes"]:
            if sentence not in self._said:
                note(f"{out.name}: {sentence}")
            self._said.setdefault(sentence, []).append(out.name)
        return summary

    def _fail(self, entry: dict[str, Any], name: str, error: UserError | InferenceFailed) -> None:
        text = " ".join(error.message.split())
        note(f"error: {text}" if name in text else f"error: {name}: {text}")
        if error.hint:
            note(f"hint: {error.hint}")
        self.done.append(entry | {"error": error.message} | ({"hint": error.hint} if error.hint else {}))


def _called(out: Path, name: str, sources: Sequence[ChannelSource]) -> str:
    """The file's name; where digits in it stand for a series' UID, with what people call that."""
    first = sources[0]
    if len(sources) > 1 or first.path is None or first.series is None:
        return out.name
    title = f"{first.series.modality} {first.series.description}".strip()
    is_digits = is_name_of_uid(name, first.path.resolve().name.split(".")[0])
    return f"{out.name} ({title})" if is_digits and title else out.name


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
