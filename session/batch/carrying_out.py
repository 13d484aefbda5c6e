"""One item of the batch queue, carried out."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path

from imaging.errors import UserError
from imaging.series import Series
from inference.client import InferenceClient
from inference.worker.turns import QueueClass
from session.batch.item import BatchItem, ItemState, StudyImage
from session.batch.items import MASK_SUFFIX
from session.channels import ChannelSource
from session.done_before import image_files, is_done, read_again, recorded_model, write_record
from session.opening import CASE_SUFFIX, read_images
from session.reading import image_series, series_of
from session.segment_to_file import Telling, Wishes, segment_to_file
from session.settings import Settings


def carry_out(item: BatchItem, client: InferenceClient, settings: Settings, telling: Telling) -> ItemState:
    """Segment one image, unless its result is there already from the same model in the same version.

    Args:
        item: which image, model and result.
        client: of the model.
        settings: see ``segment_to_file``.
        telling: who hears of it, and who may end it.

    Returns:
        DONE or SKIPPED.

    Raises:
        UserError, InferenceFailed, InferenceCancelled: see ``segment_to_file``.
    """
    out = Path(item.out)
    model = client.model(item.model)
    regular = settings["open.uneven"] == "resample"
    was_done = is_done(out, model, item.parameters)
    try:
        first, others = _sources(item)
        inputs = tuple(image_files(source) for source in (first, *others))
    except UserError:
        if was_done:
            return ItemState.SKIPPED  # of images that are no longer there
        raise
    read = partial(read_again, (first, *others), regular, telling.report)
    if is_done(out, model, item.parameters, inputs, read, lambda line: telling.warn(UserError(line))):
        return ItemState.SKIPPED
    is_case = out.suffix == CASE_SUFFIX
    if out.exists() and recorded_model(out) != model.id:
        raise UserError(f"{out.name} is there already, and it is not from this model.", "Choose another folder.")
    if out.exists() and is_case:  # somebody may have worked on it; only mask files are replaced
        why = "another image" if was_done else "another version or options"
        raise UserError(f"{out.name} is there already, from {why}.", "Choose another folder.")
    assert first.path is not None
    assert first.series is not None
    images = read_images(first.path, first.series, regular_grid=regular, report=telling.report)
    wishes = Wishes(
        model,
        client,
        item.parameters,
        others,
        _doubt_of(item, out),
        regular_grid=regular,
        queue_class=QueueClass.BATCH,
        inputs=inputs,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    segmented = segment_to_file(images, out, wishes, settings, telling)
    if is_case:
        write_record(segmented.record, out, inputs)  # says the next time that it is done
    return ItemState.DONE


def _sources(item: BatchItem) -> tuple[ChannelSource, tuple[ChannelSource, ...]]:
    """The first image, on whose grid the result lies, and the others; a folder is looked through once.

    Raises:
        UserError: one of them is not there any more.
    """
    found = cache(image_series)
    places = [item.image_of(n) for n in range(len(item.channels))]
    chosen = places or [StudyImage(item.title, item.path, item.series_id)]
    sources = [_source(place, found(Path(place.path))) for place in chosen if place is not None]
    return sources[0], tuple(sources[1:])


def _source(place: StudyImage, found: list[Series]) -> ChannelSource:
    return ChannelSource(place.title, Path(place.path), series_of(found, place.series_id or None))


def _doubt_of(item: BatchItem, out: Path) -> Path | None:
    """Where the map of doubt goes, when it was wished for; a case keeps it itself."""
    if not item.parameters.get("doubt") or out.suffix == CASE_SUFFIX:
        return None
    return out.with_name(f"{out.name.removesuffix(MASK_SUFFIX)}.doubt{MASK_SUFFIX}")
