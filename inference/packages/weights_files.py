"""What kind of file holds weights, told from its content and never from its name; nothing of it is run."""

from __future__ import annotations

import zipfile
from enum import StrEnum
from pathlib import Path

from imaging.errors import UserError
from inference.packages.config_files import list_of, parse_json, table_of

SUFFIXES = (".pt", ".pth", ".ts", ".onnx", ".safetensors", ".bin", ".ckpt")
MAX_HEADER = 25 << 20
MAX_ZIP_ENTRIES = 100_000


class WeightsKind(StrEnum):
    """How weights are stored."""

    SAFETENSORS = "safetensors"
    TORCHSCRIPT = "TorchScript"
    PICKLE = "pickle"  # PyTorch's usual one; read with ``weights_only``
    ONNX = "ONNX"
    UNKNOWN = "unknown"


def kind_of(path: Path) -> WeightsKind:
    """The kind of a file.

    Raises:
        UserError: it cannot be read.
    """
    head = _head(path)
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_zip(path)
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        return WeightsKind.PICKLE
    if head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= MAX_HEADER:
        return WeightsKind.SAFETENSORS
    if path.suffix.lower() == ".onnx" and head[:1] == b"\x08":  # protobuf has no magic number; field 1, a small number
        return WeightsKind.ONNX
    return WeightsKind.UNKNOWN


def safetensors_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the tensors in a safetensors file, in the order in which their numbers stand.

    Raises:
        UserError: it is none, or broken.
    """
    size = int.from_bytes(_head(path)[:8], "little")
    if not 2 <= size <= MAX_HEADER:
        raise UserError(f"The file {path.name} does not hold weights in the safetensors format.")
    try:
        with path.open("rb") as stream:
            stream.seek(8)
            header = parse_json(stream.read(size), path.name)
            stream.seek(0, 2)
            length = stream.tell() - 8 - size
    except OSError as error:
        raise UserError(f"The file {path.name} cannot be read.", str(error)) from error
    found: list[tuple[int, str, tuple[int, ...]]] = []
    for name, entry in header.items():
        begin_end = list_of(table_of(entry).get("data_offsets"))
        if name == "__metadata__":
            continue
        if len(begin_end) != 2 or not all(isinstance(n, int) for n in begin_end) or begin_end[1] > length:
            raise UserError(f"The file {path.name} is not whole: the numbers of {name} are missing.")
        shape = list_of(table_of(entry).get("shape"))
        found.append((begin_end[0], name, tuple(n if isinstance(n, int) else 0 for n in shape)))
    return {name: shape for _, name, shape in sorted(found)}


def zip_names(path: Path) -> list[str]:
    """Names of all files in a zip, as they stand there.

    Raises:
        UserError: it is no zip, or a broken one.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError) as error:
        raise UserError(f"The file {path.name} is broken.", str(error)) from error
    if len(names) > MAX_ZIP_ENTRIES:
        raise UserError(f"The file {path.name} holds more parts than any real one.")
    return names


def zip_text(path: Path, name: str, limit: int) -> bytes:
    """One file of a zip.

    Raises:
        UserError: it is not there, broken, or larger than ``limit`` bytes.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open(name) as stream:
            data = stream.read(limit + 1)
    except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, NotImplementedError) as error:
        raise UserError(f"The part {name} of {path.name} cannot be read.", str(error)) from error
    if len(data) > limit:
        raise UserError(f"The part {name} of {path.name} is larger than any real one of its kind.")
    return data


def _kind_of_zip(path: Path) -> WeightsKind:
    names = zip_names(path)
    if any(name.count("/") == 1 and name.endswith("/constants.pkl") for name in names):
        return WeightsKind.TORCHSCRIPT
    is_pickle = any(name.endswith("data.pkl") for name in names)
    return WeightsKind.PICKLE if is_pickle else WeightsKind.UNKNOWN


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(16)
    except OSError as error:
        raise UserError(f"The file {path.name} cannot be read.", str(error)) from error
