"""Brings what a person named (a folder, a zip, a network's file, an address) into a folder of the store's own."""

from __future__ import annotations

import re
import shutil
import unicodedata
from pathlib import Path

from imaging.errors import UserError
from inference.packages import bare_network, monai_bundle, side_file
from inference.packages.contents import Cancelled, Report, hash_of_file
from inference.packages.recognise import find_model
from inference.packages.unpacking import copy_file, copy_folder, must_fit, unpack_zip

MOST_ID = 40
_TARS = (".tar", ".tar.gz", ".tgz", ".7z", ".rar", ".tar.bz2")
_DEVICES = {"con", "prn", "aux", "nul"}


def gather(source: str, content: Path, downloads: Path, checksum: str, report: Report, cancelled: Cancelled) -> Path:
    """Bring a model into ``content``; returns its own folder inside.

    Args:
        source: as typed: a folder, a zip, a .ts, .pt or .onnx file, or an http(s) address of one of these files.
        content: an empty folder.
        downloads: where unfinished downloads are kept.
        checksum: ``sha256:…`` that the file, here or at an address, must have; empty for none.
        report, cancelled: as everywhere.

    Raises:
        UserError: it is no model, or cannot be read, unpacked or fetched.
        Stopped: ``cancelled()`` was true.
    """
    if "://" in source:
        from inference.packages.download import download, file_name  # loads TLS, which local models never need

        file = downloads / file_name(source)
        downloads.mkdir(parents=True, exist_ok=True)
        download(source, file, checksum, report, cancelled)
        try:
            return _from_file(file, content, report, cancelled)
        finally:
            file.unlink(missing_ok=True)
    path = Path(source).expanduser()
    _must_be(path, checksum, cancelled)
    if path.is_dir():
        model = find_model(path.resolve())
        target = content / portable(model.name)
        target.mkdir()
        copy_folder(model, target, report, cancelled)
        return target
    if not path.is_file():
        raise UserError(f"There is nothing at “{source}”.")
    return _from_file(path, content, report, cancelled)


def model_id(name: str) -> str:
    """A short name for scripts: small letters, digits and hyphens; a long one is cut between words."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    if len(slug) > MOST_ID:
        words, hyphen, _ = slug[: MOST_ID + 1].rpartition("-")
        slug = words if hyphen else slug[:MOST_ID]
    return f"model-{slug}".strip("-") if not slug or slug in _DEVICES else slug


def portable(name: str) -> str:
    """A folder's name that every platform can have."""
    plain = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "-", name).strip(". ")[:120]
    return plain if plain and plain.lower() not in _DEVICES else "model"


def _must_be(path: Path, checksum: str, cancelled: Cancelled) -> None:
    """Raise UserError when a file is not the one that was stated."""
    if not checksum:
        return
    if path.is_dir():
        raise UserError("A folder has no single checksum.", "Give one for a zip or a network's file.")
    kind, _, wanted = checksum.partition(":")
    if path.is_file() and hash_of_file(path, cancelled, kind) != wanted:
        raise UserError(f"{path.name} is not the file that was stated: its {kind} is another.")


def _from_file(path: Path, content: Path, report: Report, cancelled: Cancelled) -> Path:
    suffix = path.suffix.lower()
    target = content / portable(path.stem)
    if path.name.lower().endswith(_TARS):
        raise UserError(f"{path.name} cannot be unpacked here; only zips can.", "Unpack it and add the folder.")
    if suffix == ".zip":
        return _from_zip(path, target, report, cancelled)
    if suffix not in bare_network.SUFFIXES:
        raise UserError(f"{path.name} is no model.", "A model is a folder, a zip, a .ts, .pt or .onnx file.")
    target.mkdir()
    _copy_network(path, target, cancelled)
    return target


def _from_zip(path: Path, target: Path, report: Report, cancelled: Cancelled) -> Path:
    """Unpack, and keep the one model in it, wherever in the zip it was."""
    unpacked = target.with_name(".unpacked") / target.name
    unpacked.mkdir(parents=True)
    unpack_zip(path, unpacked, report, cancelled)
    model = find_model(unpacked)
    kept = target.with_name(portable(model.name))
    model.rename(kept)
    shutil.rmtree(unpacked.parent)
    return kept


def _copy_network(path: Path, target: Path, cancelled: Cancelled) -> None:
    """A network's file, with the side file that stands beside it under either of its names."""
    try:
        must_fit(path.stat().st_size, target)
        copy_file(path, target / path.name, cancelled)
        sides = [path.with_name(f"{path.stem}.limner.json"), path.with_name(side_file.NAME)]
        side = next((candidate for candidate in sides if candidate.is_file()), None)
        if side is not None:
            copy_file(side, target / side_file.NAME, cancelled)
    except OSError as error:
        raise UserError(f"{path.name} cannot be copied.", str(error)) from error
    if side is None and not monai_bundle.is_here(target):
        raise UserError(
            f"{path.name} does not say what it is for: {sides[0].name} or {side_file.NAME} is missing beside it.",
            "docs/models.md shows what belongs into it.",
        )
