"""One image through a model into a mask file or a case, as the command line and the queue of the night do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from glob import escape
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from imaging.extent import Extent, extent_of
from imaging.formats.label_file import LabelFile
from imaging.formats.registry import check_grid, write_volumes
from imaging.formats.replacing import check_replaces_none_of
from imaging.geometry import Geometry
from imaging.objects.writing import check_replaces_no_image
from imaging.volume import Quantity, Volume
from inference.catalogue import ModelInfo, folder_info
from inference.client import InferenceClient
from inference.model import label_of_map
from inference.record.run_record import RunRecord
from inference.result import InferenceResult, label_counts
from inference.worker.turns import QueueClass
from session.acceptance import accept
from session.channels import ChannelSource, channel_names
from session.done_before import PROBABILITY, ImageFiles, record_path, stem_of, write_record
from session.exporting import export_masks, labels_of_preview
from session.map_keeping import STATE_KEY, packed, write_probabilities
from session.model_maps import maps_of
from session.models import kept_networks, known_models
from session.object_export import source_of_case, write_object_of
from session.opening import CASE_SUFFIX, OpenedImages, new_document, note_pixel_hash, read_images
from session.reading import Report, choose_series
from session.run_recording import RunRequest
from session.segmenting import inference_client, preview_of, segment_recorded
from session.settings import Settings

MAPS_BESIDE = ("doubt.nii.gz", "probability*.nii.gz")  # see write_probabilities, and the queue for doubt
Label = tuple[str, int, Extent]  # name, label value, size


@dataclass(frozen=True, eq=False)
class Wishes:
    """How to segment, the same for all images of a batch.

    Attributes:
        model: which model.
        client: whose catalogue has it.
        parameters: of the run.
        others: further images for a model that wants several.
        uncertainty: where to write how unsure each voxel is; None not to.
        regular_grid: resample uneven or tilted slices first.
        queue_class: whether somebody waits for it.
        object_format: the kind of DICOM object to write instead of a mask file, a key of ``OBJECT_FORMATS``.
        channels: what the model calls its images.
        inputs: the files of the images that are segmented now, for the record beside a mask.
    """

    model: ModelInfo
    client: InferenceClient
    parameters: Mapping[str, Any]
    others: tuple[ChannelSource, ...] = ()
    uncertainty: Path | None = None
    regular_grid: bool = False
    queue_class: QueueClass = QueueClass.INTERACTIVE
    object_format: str = ""
    channels: tuple[str, ...] = ("image",)
    inputs: tuple[ImageFiles, ...] = ()

    @staticmethod
    def of(model: str, parameters: Mapping[str, Any], *, trust: bool, **others: Any) -> Wishes:
        """Find the model, by its name or in a folder.

        Raises:
            UserError: there is none, or it brings code and nobody trusts it.
        """
        if not Path(model).is_dir():
            info, client = inference_client().model(model), inference_client()
            return Wishes(info, client, parameters, channels=channel_names(model), **others)
        info = folder_info(Path(model))
        _must_be_trusted(Path(model), info, trust)
        client = InferenceClient(lambda: [*known_models(), info], kept_networks=kept_networks)
        return Wishes(info, client, parameters, channels=_channels_of(Path(model)), **others)


@dataclass(frozen=True)
class Telling:
    """Who hears of a run while it goes on, and who may end it.

    Attributes:
        report: called with the finished share (0-1) and what is being done; what it raises ends the run.
        warn: called with what went wrong beside the result, such as a record that could not be kept.
        cancelled: asked every 0.1 s while the model computes.
    """

    report: Report = lambda _fraction, _message: None
    warn: Callable[[UserError], None] = lambda _error: None
    cancelled: Callable[[], bool] | None = None


@dataclass(frozen=True, eq=False)
class Segmented:
    """What became of one image.

    Attributes:
        summary: what was found, as JSON.
        record: of the run.
    """

    summary: dict[str, Any]
    record: RunRecord


def _channels_of(folder: Path) -> tuple[str, ...]:
    from inference.packages.recognise import describe, find_model

    return tuple(channel.name for channel in describe(find_model(folder)).channels)


def _must_be_trusted(folder: Path, info: ModelInfo, trust: bool) -> None:
    from inference.packages.recognise import describe, find_model

    if not trust and describe(find_model(folder)).code.runs:
        hint = "Add --trust to let it run (without network, and unable to write anywhere), or `limner models add` it."
        raise UserError(f"{info.name} brings code of its own.", hint)


def segment_to_file(
    images: OpenedImages, out: Path, wishes: Wishes, settings: Settings, telling: Telling | None = None
) -> Segmented:
    """Segment, and write the result; beside a mask file the record of the run, too (a case holds it itself).

    Args:
        images: read completely.
        out: a mask file or a case; its name was checked.
        wishes: how.
        settings: whose name stands in a case, and which workspace keeps the record.
        telling: who hears of it.

    Maps of probability, where they were wished for, are files beside the mask; a case holds all maps itself.

    Raises:
        UserError, InferenceFailed, InferenceCancelled: see ``InferenceClient.segment``.
    """
    telling = telling or Telling()
    _must_be_writable(images, out, wishes)  # now, not after minutes of computing
    volume = images.volumes[0]
    request = RunRequest(
        volume,
        wishes.model.id,
        wishes.parameters,
        others=[_further(source, wishes, telling) for source in wishes.others],
        options={"queue_class": wishes.queue_class},
    )
    result, record = segment_recorded(
        request, telling.report, wishes.client, settings=settings, tell=telling.warn, cancelled=telling.cancelled
    )
    labels, notes = _written(result, record, images, out, wishes, settings, telling)
    if len(images.volumes) > 1:
        notes.append(f"The image has {len(images.volumes)} time points; the first was segmented.")
    if wishes.uncertainty is not None:
        _write_map(result, volume, wishes.uncertainty)
    maps: list[Path] = []
    if wishes.parameters.get(PROBABILITY) and out.suffix != CASE_SUFFIX:
        maps = write_probabilities(result, volume.geometry, out.with_name(stem_of(out)))
    left = _maps_left(out, [*maps, *([] if wishes.uncertainty is None else [wishes.uncertainty])])
    if left:
        notes.append(f"Of an earlier run, not of this one: {', '.join(path.name for path in left)}.")
    summary = _summary(result, record, labels)
    return Segmented(summary | {"maps": [str(path) for path in maps], "notes": [*result.notes, *notes]}, record)


def _maps_left(out: Path, written: Sequence[Path]) -> list[Path]:
    """Maps beside a mask that an earlier run wrote, perhaps of another image, and this one did not replace."""
    if out.suffix == CASE_SUFFIX:
        return []
    beside = [path for kind in MAPS_BESIDE for path in out.parent.glob(f"{escape(stem_of(out))}.{kind}")]
    return sorted(path for path in beside if not any(path.samefile(one) for one in written))


def _must_be_writable(images: OpenedImages, out: Path, wishes: Wishes) -> None:
    check_replaces_none_of(out, images.reference.places)
    if wishes.object_format:
        check_replaces_no_image(out)
    elif out.suffix == CASE_SUFFIX:
        if out.exists():
            raise UserError(f"{out.name} exists already.", "Choose another name.")
    elif _gives_masks(wishes.model):
        check_grid(images.volumes[0].geometry)


def _gives_masks(info: ModelInfo) -> bool:
    from inference.packages.description import Task
    from inference.packages.recognise import describe, find_model

    return info.package is None or describe(find_model(info.package)).task is Task.SEGMENTATION


def _summary(result: InferenceResult, record: RunRecord, labels: list[Label]) -> dict[str, Any]:
    return {
        "labels": [{"name": n, "label_value": v, **size.to_json()} for n, v, size in labels],
        "scores": [{"name": score.name, "value": round(score.value, 5)} for score in result.scores],
        "boxes": [{"label": b.label, "score": round(b.score, 5), "corners": b.corners} for b in result.boxes],
        "seconds": result.seconds,
        "peak_rss_mb": result.peak_rss_mb,
        "model": result.model_id,
        "version": result.version,
        "missing": list(result.missing),
        "run": record.to_json(),
    }


def _further(source: ChannelSource, wishes: Wishes, telling: Telling) -> Volume:
    assert source.path is not None  # no image is open here
    series = source.series or choose_series(source.path, None)
    return read_images(source.path, series, regular_grid=wishes.regular_grid, report=telling.report).volumes[0]


def _written(
    result: InferenceResult,
    record: RunRecord,
    images: OpenedImages,
    out: Path,
    wishes: Wishes,
    settings: Settings,
    telling: Telling,
) -> tuple[list[Label], list[str]]:
    """What is in the file, and what people should know of it."""
    if out.suffix == CASE_SUFFIX:
        return _into_case(result, record, images, out, settings["person.name"]), []
    if not result.layers:
        write_record(record, out, wishes.inputs)
        what = "boxes" if result.boxes else "scores"
        return [], [f"No mask was written: the model gives {what}. They are in {record_path(out).name}."]
    if wishes.object_format:
        written = _into_object(result, images, out, wishes.object_format, telling)
    else:
        labels = labels_of_preview(preview_of(result, images.volumes[0].geometry), images.volumes[0].geometry)
        written = export_masks(labels, out, stack=True)
    write_record(record, out, wishes.inputs)  # last: what has a record is whole
    return _whole(result, written, images.volumes[0].geometry), _cut_by_others(result, written, out.name)


def _cut_by_others(result: InferenceResult, written: LabelFile, name: str) -> list[str]:
    """Where structures overlap and the file has one layer, some keep what others leave; volumes are the whole."""
    counts = [label_counts(layer) for layer in written.layers]
    whole = {label.name: label.voxel_count for label in result.labels}
    cut = [s.name for s in written.segments if counts[s.layer][s.label_value] < whole[s.name]]
    if not cut:
        return []
    return [
        f"{', '.join(cut)}: in {name} only what other structures leave, for a voxel there has one structure. "
        "A .seg.nrrd file or a case keeps all of it."
    ]


def _into_object(result: InferenceResult, images: OpenedImages, out: Path, kind: str, telling: Telling) -> LabelFile:
    """Write a DICOM object in the study of the images, and warn of what had to be filled in."""
    geometry = images.volumes[0].geometry
    labels = labels_of_preview(preview_of(result, geometry), geometry)
    maps = {label_of_map(name): found for name, found in result.maps.items()}
    probable = {n: maps[key] for n, s in enumerate(labels.segments) if (key := (s.label_value, s.name)) in maps}
    content = replace(source_of_case(images.reference, labels), probabilities=probable)
    written = write_object_of(content, out, kind, stack=True)
    for line in (*written.notes, *(f"filled in: {one}" for one in written.filled_in)):
        telling.warn(UserError(line))
    return written.labels or labels


def _whole(result: InferenceResult, written: LabelFile, geometry: Geometry) -> list[Label]:
    """How large structures are on the image's grid; a file may have to say more of its thickness than is known."""
    sizes = {label.name: extent_of(geometry, label.voxel_count) for label in result.labels}
    return [(s.name, s.label_value, sizes[s.name]) for s in written.segments]


def _into_case(result: InferenceResult, record: RunRecord, images: OpenedImages, out: Path, author: str) -> list[Label]:
    """Write a case, as if somebody had accepted the result in the window."""
    document = new_document(images, out, author=author)
    try:
        preview = preview_of(result, document.segmentation.geometry, record)
        document.set_preview(preview)
        accept(document)
        maps = maps_of(preview)
        if maps is not None:
            document.case.journal.save_state(STATE_KEY, packed(maps)[0] or "null")
        note_pixel_hash(document)
        journal = document.case.journal
        if not journal.flush() and journal.failure is not None:  # its own hint is for who goes on working
            hint = "Free some space, or choose a folder that can be written."
            raise UserError(f"{out.name} cannot be written whole.", hint) from journal.failure
        segmentation = document.segmentation
        return [(s.name, s.label_value, segmentation.extent(s.number)) for s in segmentation.segments]
    finally:
        document.close()


def _write_map(result: InferenceResult, volume: Volume, out: Path) -> None:
    if "uncertainty" not in result.maps:
        raise UserError(f"{result.name} does not say how unsure it is.")
    write_volumes([Volume(volume.geometry, result.maps["uncertainty"], Quantity.SIGNAL, volume.source)], out)
