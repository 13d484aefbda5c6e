"""What was segmented before: the record beside a mask, and whether the mask is of the image that is there now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from imaging.case.images import pixel_hash
from imaging.dicom.sources import FileSource, InflatedSource, Source, ZipSource
from imaging.errors import UserError
from imaging.formats.replacing import replacing
from imaging.geometry import Geometry
from imaging.json_text import read_json
from imaging.series import Series
from imaging.volume import Volume
from inference.catalogue import ModelInfo
from inference.record.run_record import RunRecord
from session.channels import ChannelSource
from session.opening import read_images
from session.reading import Report, choose_series
from session.run_recording import RECORD_SUFFIX

CHANGE_LABELS = ("mirror", "insist", "roi", "prompts")  # parameters
PROBABILITY = "probability"  # a parameter
INPUTS = "inputs"  # of the record beside a mask

Tell = Callable[[str], None]


@dataclass(frozen=True)
class ImageFiles:
    """What tells an image from another one of the same name, without reading voxels.

    Attributes:
        content: a hash over UIDs (of DICOM), the grid, and the sizes of all files.
        times: a hash over their times of change.
        newest_s: the latest of these, in seconds since 1970.
    """

    content: str
    times: str
    newest_s: float


def image_files(source: ChannelSource) -> ImageFiles:
    """The files of an image, which must not be the open one.

    Raises:
        UserError: they are not there (any more).
    """
    assert source.path is not None
    series = source.series or choose_series(source.path, None)
    assert series.geometry is not None
    parts = _parts(series)
    try:
        states = {file: file.stat() for file in {file for _, file in parts}}
    except OSError as error:
        raise UserError(f"{source.path.name} cannot be read.", "Check that it is there.") from error
    named = sorted([uid, states[file].st_size] for uid, file in parts)
    return ImageFiles(
        _digest([_grid(series.geometry), named]),
        _digest(sorted(state.st_mtime_ns for state in states.values())),
        max(state.st_mtime for state in states.values()),
    )


def read_again(sources: Sequence[ChannelSource], regular_grid: bool, report: Report) -> Iterator[Volume]:
    """The images that a model gets, one after the other."""
    for source in sources:
        assert source.path is not None
        series = source.series or choose_series(source.path, None)
        yield read_images(source.path, series, regular_grid=regular_grid, report=report).volumes[0]


def write_record(record: RunRecord, out: Path, inputs: Sequence[ImageFiles] = ()) -> None:
    """Write the record of the run whose result is ``out`` beside it, and which files that was made from."""
    noted = record.to_json()
    if inputs:
        noted[INPUTS] = [_noted_of(files) for files in inputs]
    _write(noted, out)


def record_path(out: Path) -> Path:
    """Where the record of a run stands whose mask is ``out``: ``liver.nii.gz`` has ``liver.run.json``."""
    return out.with_name(stem_of(out) + RECORD_SUFFIX)


def stem_of(out: Path) -> str:
    """The name of a mask's file without its ending."""
    for ending in (".nii.gz", ".seg.nrrd"):
        if out.name.lower().endswith(ending):
            return out.name[: -len(ending)]
    return out.stem


def recorded_model(out: Path) -> str | None:
    """Id of the model from whose run a result is, as the record beside it says; None without a record."""
    noted = _noted(out)
    return None if noted is None else str(noted["model_id"])


def is_done(
    out: Path,
    model: ModelInfo,
    parameters: Mapping[str, Any],
    inputs: Sequence[ImageFiles] = (),
    read: Callable[[], Iterable[Volume]] = tuple,
    tell: Tell = lambda _line: None,
) -> bool:
    """True when a result stands there with the record of a run of the same model in the same version on this image.

    What changes labels (averaging over flips, a region, clicks) must have been wished for in the same way, and maps of
    probability that are wished for now; device and precision need not, for they agree.

    Args:
        inputs: the files of what was segmented, in the model's order; empty where they cannot be looked at any more.
        read: reads these images. It is called where the files were written again, but look the same but for that: the
            hash of the voxels decides then, and the new times are noted.
        tell: called with a line where the result is of another image, and where files were written again.
    """
    noted = _noted(out) if out.exists() else None
    if noted is None or (noted["model_id"], noted["model_version"]) != (model.id, model.version):
        return False
    used = noted.get("parameters")
    used = used if isinstance(used, dict) else {}
    if parameters.get(PROBABILITY) and used.get(PROBABILITY) != parameters[PROBABILITY]:
        return False  # its files are not there
    if any((used.get(name) or None) != (parameters.get(name) or None) for name in CHANGE_LABELS):
        return False
    if not inputs or _is_of(noted, inputs, out):
        return True
    if _content(noted) == [files.content for files in inputs] and _hashes(noted) == [pixel_hash(v) for v in read()]:
        _write(noted | {INPUTS: [_noted_of(files) for files in inputs]}, out)
        tell(f"{out.name}: the files of its image were written again, the image is the same")
        return True
    tell(f"{out.name} was made from another image and is made anew")
    return False


def _is_of(noted: Mapping[str, Any], inputs: Sequence[ImageFiles], out: Path) -> bool:
    """Whether nobody touched the files since; records of earlier versions say nothing of them but their own time."""
    if INPUTS not in noted:
        return max(files.newest_s for files in inputs) <= record_path(out).stat().st_mtime
    return bool(noted[INPUTS] == [_noted_of(files) for files in inputs])


def _content(noted: Mapping[str, Any]) -> list[Any]:
    known = noted.get(INPUTS)
    return [one.get("content") for one in known if isinstance(one, dict)] if isinstance(known, list) else []


def _hashes(noted: Mapping[str, Any]) -> list[Any]:
    others = noted.get("other_hashes")
    return [noted.get("input_hash"), *(others if isinstance(others, list) else [])]


def _noted_of(files: ImageFiles) -> dict[str, Any]:
    return {name: value for name, value in asdict(files).items() if name != "newest_s"}


def _noted(out: Path) -> dict[str, Any] | None:
    try:
        noted = read_json(record_path(out).read_text(encoding="utf-8"))
        return dict(noted) if {"model_id", "model_version"} <= noted.keys() else None
    except (OSError, ValueError, AttributeError):
        return None


def _write(noted: Mapping[str, Any], out: Path) -> None:
    with replacing(record_path(out)) as file:
        file.write((json.dumps(noted, indent=1, ensure_ascii=False) + "\n").encode())


def _parts(series: Series) -> list[tuple[str, Path]]:
    """What the series consists of: UID and number of each frame, and the file that holds it."""
    if series.stack is None:
        from imaging.formats.registry import read_stored

        return [("", series.path), ("", read_stored(series.path).data_path)]
    frames = [frame for volume in series.stack.volumes for frame in volume]
    return [(f"{f.instance.sop_uid} {f.index}", _file_of(f.instance.source)) for f in frames]


def _file_of(source: Source) -> Path:
    inner = source.inner if isinstance(source, InflatedSource) else source
    if isinstance(inner, ZipSource):
        return Path(inner.archive)
    assert isinstance(inner, FileSource)
    return Path(inner.path)


def _grid(geometry: Geometry) -> list[Any]:
    """Rounded to nanometres: another version of this program may compute the last digit otherwise."""
    origins = geometry.slice_origins_mm
    numbers = [geometry.affine, np.zeros(0) if origins is None else origins]
    return [list(geometry.shape), *((np.round(n, 6) + 0.0).tolist() for n in numbers)]


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
