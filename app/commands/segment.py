"""``limner segment PATH... -o OUT``: automatic segmentation into mask files or cases."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.actions.segment_image import DEFAULT_MODEL
from app.commands.output import note, print_json, progress, warn
from app.commands.segment_many import segment_many
from imaging.errors import UserError
from imaging.extent import Extent
from imaging.json_text import read_json
from inference.client import InferenceFailed
from session.before_run import before_run
from session.channels import ChannelSource
from session.done_before import image_files
from session.exporting import check_mask_name
from session.measured import extent_text
from session.object_export import OBJECT_FORMATS, OBJECT_SUFFIX, OF_CASES
from session.opening import CASE_SUFFIX, read_images
from session.opening_ahead import begin_opening
from session.reading import choose_series
from session.segment_to_file import Telling, Wishes, segment_to_file
from session.settings import Settings


def add(parsers: Any) -> None:
    """Declare the command."""
    parser = parsers.add_parser("segment", help="segment images automatically")
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="images: files, folders, archives")
    parser.add_argument(
        "-o", "--out", type=Path, required=True, help="a mask file (.nii.gz, .seg.nrrd), a case, or a folder for many"
    )
    kinds = [name for name in OBJECT_FORMATS if name not in OF_CASES]
    parser.add_argument("--format", choices=kinds, help="write a DICOM object of this kind")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="a name of `limner models list`, or a model's folder")
    parser.add_argument("--trust", action="store_true", help="allow the code that a model's folder brings to run")
    parser.add_argument("--with", dest="others", type=Path, action="append", default=[], metavar="PATH",
                        help="a further image of the same patient, for models that want several")  # fmt: skip
    parser.add_argument("--series", metavar="ID")
    parser.add_argument("--regular-grid", action="store_true", help="resample uneven or tilted slices first")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda:0, mps")
    parser.add_argument("--precision", default="auto", choices=("auto", "fp32", "bf16", "fp16"))
    parser.add_argument("--backend", default="auto", choices=("auto", "torch", "onnxruntime", "openvino"))
    parser.add_argument("--insist", action="store_true", help="use these even where plain fp32 gives other labels")
    parser.add_argument("--mirror", action="store_true", help="average over flipped images: steadier, and slower")
    parser.add_argument("--stock", action="store_true", help="run a MONAI bundle's own workflow; memory is not planned")
    parser.add_argument("--fast", action="store_true", help="the coarser, faster variant of a program of its own")
    parser.add_argument("--network", action="store_true", help="let a program of its own fetch its weights")
    parser.add_argument("--roi", metavar="I0,I1,J0,J1,K0,K1", help="only this region, in voxels, the ends not included")
    parser.add_argument("--prompts", type=Path, metavar="FILE.json", help="clicks or labels, for models that take them")
    parser.add_argument("--uncertainty", type=Path, metavar="FILE", help="write how unsure each voxel is, 0 to 255")
    parser.add_argument("--probability", metavar="STRUCTURE|all|winner", nargs="?", const="winner", action="append",
                        default=[], help="write how probable each voxel's label is, and these structures")  # fmt: skip
    parser.add_argument("--again", action="store_true", help="with many images: do not skip what is there already")
    parser.add_argument("--measure-idle", action="store_true", help="look 5 s at the power at rest first")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """One image into one file, or many into a folder."""
    wishes = _wishes(arguments)
    if arguments.measure_idle:
        note_idle_power()
    try:
        if _is_for_many(arguments):
            return segment_many(arguments.paths, arguments.out, wishes, again=arguments.again, as_json=arguments.json)
        return _one(arguments, wishes)
    except InferenceFailed as failure:
        note(f"error: {' '.join(failure.message.split())}")
        note(failure.details)
        return 1


def _is_for_many(arguments: argparse.Namespace) -> bool:
    """Whether the result is a folder: several images, or an output that is one or has no ending."""
    return len(arguments.paths) > 1 or not arguments.out.suffix or arguments.out.is_dir()


def _one(arguments: argparse.Namespace, wishes: Wishes) -> int:
    path, out = arguments.paths[0], arguments.out
    if wishes.object_format and out.suffix != OBJECT_SUFFIX:
        raise UserError(f"A DICOM object needs a file name that ends in {OBJECT_SUFFIX}.")
    if out.suffix != CASE_SUFFIX and not wishes.object_format:
        check_mask_name(out)
    settings = Settings()
    begin_opening(wishes, settings)
    series = choose_series(path, arguments.series, warn)
    sources = (ChannelSource(path.name, path, series), *wishes.others)
    wishes = replace(wishes, inputs=tuple(image_files(source) for source in sources))
    images = read_images(path, series, regular_grid=arguments.regular_grid, report=progress)
    told = before_run(images.volumes[0], wishes, settings)
    for sentence in told.sentences:
        note(sentence)
    done = segment_to_file(images, out, wishes, settings, Telling(progress, warn)).summary
    if arguments.json:
        print_json(done | told.to_json())
        return 0
    for row in done["labels"]:
        print(f"{row['label_value']:>4}  {row['name']:<28}{extent_text(Extent.from_json(row)):>15}")
    for score in done["scores"]:
        print(f"      {score['name']:<28}{100 * score['value']:>12.1f} %")
    for box in done["boxes"]:
        print(f"      {box['label']:<28}{100 * box['score']:>12.1f} %")
    for path in done["maps"]:
        note(f"{Path(path).name} is written")
    for line in done["notes"]:
        note(line)
    return 0


def _wishes(arguments: argparse.Namespace) -> Wishes:
    parameters: dict[str, Any] = {}
    for name in ("device", "precision", "backend"):
        if getattr(arguments, name) != "auto":
            parameters[name] = getattr(arguments, name)
    for name in ("insist", "mirror", "stock", "fast", "network"):
        if getattr(arguments, name):
            parameters[name] = True
    if arguments.roi:
        parameters["roi"] = _roi(arguments.roi)
    if arguments.prompts is not None:
        parameters["prompts"] = _prompts(arguments.prompts)
        if (parameters["prompts"].keys() & {"clicks", "outside"}) and _is_for_many(arguments):
            raise UserError("Clicks are places in one image, so --prompts with clicks takes one image.")
    if arguments.uncertainty is not None:
        parameters["doubt"] = True
        if _is_for_many(arguments):
            raise UserError("--uncertainty names one file, so it takes one image.")
    if arguments.probability:
        parameters["probability"] = arguments.probability
    return Wishes.of(
        arguments.model,
        parameters,
        trust=arguments.trust,
        others=tuple(ChannelSource(path.name, path) for path in arguments.others),
        uncertainty=arguments.uncertainty,
        regular_grid=arguments.regular_grid,
        object_format=arguments.format or "",
    )


def _roi(text: str) -> list[int]:
    """The engine's order, k j i, from what people type, i j k."""
    try:
        i0, i1, j0, j1, k0, k1 = (int(part) for part in text.split(","))
    except ValueError as error:
        raise UserError("--roi takes six whole numbers: I0,I1,J0,J1,K0,K1.") from error
    return [k0, k1, j0, j1, i0, i1]


def _prompts(path: Path) -> Any:
    """What is in the file, checked for its form: what of it the model takes, the model says."""
    from inference.prompts import Prompts

    try:
        prompts = read_json(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path.name} cannot be read as JSON.", str(error)) from error
    Prompts.of(prompts)
    return prompts


def note_idle_power() -> None:
    """Look for some seconds what the computer draws at rest, so that the record has the energy above that."""
    from inference.record.computer import idle_watch

    if idle_watch().measure_now() is None:
        note("This computer does not count its energy, so its power at rest cannot be measured.")
