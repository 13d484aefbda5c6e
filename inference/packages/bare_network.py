"""Reads a bare network (TorchScript or ONNX) with a side file, see ``side_file``."""

from __future__ import annotations

from pathlib import Path

from imaging.errors import UserError
from inference.packages.code_listing import not_run_notes, pickles_only
from inference.packages.description import Head, ModelDescription, ModelFormat, Task, WeightsFile
from inference.packages.licences import licence_text
from inference.packages.side_file import NAME, SideFile, read_side_file
from inference.packages.weights_files import WeightsKind, kind_of

LOOKED_FOR = f"a .ts, .pt or .onnx file with {NAME} beside it (a bare network)"
SUFFIXES = (".ts", ".pt", ".pth", ".onnx")
_FORMATS = {WeightsKind.TORCHSCRIPT: ModelFormat.TORCHSCRIPT, WeightsKind.ONNX: ModelFormat.ONNX}
_AXES = {"R": 0, "L": 0, "A": 1, "P": 1, "S": 2, "I": 2}


_TASKS = {Head.SCORES: Task.CLASSIFICATION, Head.BOXES: Task.DETECTION}


def is_here(folder: Path) -> bool:
    """True when the folder has a side file."""
    return (folder / NAME).is_file()


def networks(folder: Path) -> list[Path]:
    """Files of the folder that may be networks, by their endings."""
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def network_file(folder: Path, side: SideFile) -> Path:
    """The network's file.

    Raises:
        UserError: it is missing, or there are several and the side file does not name one.
    """
    found = [folder / side.file] if side.file else networks(folder)
    if len(found) == 1 and found[0].is_file():
        return found[0]
    if side.file or not found:
        raise UserError(f"The network {side.file or '(.ts, .pt or .onnx)'} is missing beside {NAME}.")
    names = ", ".join(path.name for path in found)
    raise UserError(f"There are several networks beside {NAME}: {names}.", "Name one of them in its field “file”.")


def read(folder: Path) -> ModelDescription:
    """What the side file says.

    Raises:
        UserError: it is missing or wrong, or the network is no TorchScript and no ONNX.
    """
    side = read_side_file(folder / NAME)
    file = network_file(folder, side)
    kind = kind_of(file)
    if kind not in _FORMATS:
        hint = (
            "A .pt file with only weights does not say which network they belong to; export it as TorchScript or ONNX."
        )
        raise UserError(f"{file.name} is neither TorchScript nor ONNX.", hint)
    return ModelDescription(
        format=_FORMATS[kind],
        name=side.name,
        version=side.version,
        task=_TASKS.get(side.head, Task.SEGMENTATION),
        about=side.about,
        channels=side.channels,
        labels=side.labels,
        licence=side.licence or licence_text(folder),
        copyright=side.copyright,
        spacing_mm=_xyz(side),
        weights=(WeightsFile(file.name, True),),
        code=pickles_only(folder),
        notes=not_run_notes(folder),
        head=side.head,
    )


def _xyz(side: SideFile) -> tuple[float, float, float] | None:
    """The spacing in the order of x, y, z; the side file has it in the order of the network's axes."""
    if side.spacing_mm is None:
        return None
    by_axis = {_AXES[letter]: spacing for letter, spacing in zip(side.orientation, side.spacing_mm, strict=True)}
    return by_axis[0], by_axis[1], by_axis[2]
