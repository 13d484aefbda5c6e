"""The looks that a person saved or imported: one JSON file each, in a folder of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs

from imaging.errors import UserError
from imaging.formats.replacing import replacing
from imaging.volume import Volume
from session.look.look import Look
from session.look.preset import (
    LARGEST_FILE,
    MINE,
    Preset,
    preset_from_text,
    preset_to_text,
    slug,
    without_case,
    without_files,
)
from session.look.presets import preset_of, presets_in_file, shipped_presets

PREFIX = "my-"  # of ids and file names: no clash with shipped ids, nor with names that Windows reserves


@dataclass(frozen=True)
class Listing:
    """What a folder holds.

    Attributes:
        presets: by name; a preset's id is the name of its file without ``.json``.
        problems: one sentence for each file that could not be read.
    """

    presets: tuple[Preset, ...]
    problems: tuple[str, ...]


class PresetStore:
    """Presets in a folder, read anew each time, for several programs may use it.

    Args:
        folder: made when something is saved; None for the usual place of the platform.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(platformdirs.user_config_dir("limner", False)) / "presets"

    def list(self) -> Listing:
        """The presets, and what is wrong with files that are damaged: they are left out and left alone."""
        presets, problems = [], []
        for path in sorted(self.folder.glob("*.json")) if self.folder.is_dir() else []:
            try:
                presets.append(_read(path))
            except UserError as error:
                problems.append(error.message)
        return Listing(tuple(sorted(presets, key=lambda p: (p.name.casefold(), p.id))), tuple(problems))

    def presets(self) -> tuple[Preset, ...]:
        """The readable presets, by name."""
        return self.list().presets

    def save(self, name: str, look: Look, volume: Volume | None = None, replaces: bool = False) -> Preset:
        """Keep a look, without what belongs to one case.

        Args:
            name: for people.
            look: in the volume's values.
            volume: the image it was made on; see ``presets.preset_of``.
            replaces: a preset of the same name is replaced.

        Raises:
            UserError: the name is empty or taken, or the folder cannot be written.
        """
        name = _checked(name)
        before = self._of_name(name)
        if before is not None and not replaces:
            raise UserError(f"There is a preset “{before.name}” already.", "Choose another name.")
        _refuse_shipped(name)
        preset = replace(preset_of(look, name, volume), id=before.id if before else self._free_id(name))
        return self._write(preset)

    def rename(self, id: str, name: str) -> Preset:
        """Give a preset another name; its id stays.

        Raises:
            UserError: there is no such preset, the name is empty or taken, or the file cannot be written.
        """
        name, preset = _checked(name), self._of_id(id)
        other = self._of_name(name)
        if other is not None and other.id != id:
            raise UserError(f"There is a preset “{other.name}” already.", "Choose another name.")
        _refuse_shipped(name)
        return self._write(replace(preset, name=name))

    def delete(self, id: str) -> None:
        """Remove a preset.

        Raises:
            UserError: there is no such preset, or its file cannot be removed.
        """
        preset = self._of_id(id)
        try:
            self._path(preset).unlink()
        except OSError as error:
            raise UserError(f"“{preset.name}” cannot be deleted: {error.strerror}.") from error

    def export(self, preset: Preset, path: Path) -> None:
        """Write any preset, also a shipped one, to a JSON file.

        Raises:
            UserError: the file cannot be written.
        """
        _write_whole(path, replace(preset, look=without_files(without_case(preset.look))))

    def import_file(self, path: Path) -> tuple[Preset, ...]:
        """Keep all presets of a file: of ours (.json) or of 3D Slicer (.vp.json, .xml). Taken names get a number.

        Raises:
            UserError: the file holds no usable preset, or the folder cannot be written.
        """
        kept = []
        for preset in presets_in_file(path):
            name = self._free_name(preset.name)
            look = replace(without_case(preset.look), name="")
            kept.append(self._write(replace(preset, id=self._free_id(name), name=name, group=MINE, look=look)))
        return tuple(kept)

    def _of_id(self, id: str) -> Preset:
        """By listing, never by making a path of the id."""
        found = next((preset for preset in self.presets() if preset.id == id), None)
        if found is None:
            raise UserError("This preset is no longer there.")
        return found

    def _of_name(self, name: str) -> Preset | None:
        return next((p for p in self.presets() if p.name.casefold() == name.casefold()), None)

    def _free_name(self, name: str) -> str:
        taken = {p.name.casefold() for p in (*self.presets(), *shipped_presets())}
        number, found = 1, name
        while found.casefold() in taken:
            number += 1
            found = f"{name} {number}"
        return found

    def _free_id(self, name: str) -> str:
        """An id whose file does not exist, whatever may be in it."""
        number, found = 1, PREFIX + slug(name)
        while (self.folder / f"{found}.json").exists():
            number += 1
            found = f"{PREFIX}{slug(name)}-{number}"
        return found

    def _path(self, preset: Preset) -> Path:
        return self.folder / f"{preset.id}.json"

    def _write(self, preset: Preset) -> Preset:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"The folder of presets cannot be made: {error.strerror}.") from error
        _write_whole(self._path(preset), preset)
        return preset


def _read(path: Path) -> Preset:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UserError(f"{path.name} is too large to be a preset.")
        preset = preset_from_text(path.read_bytes(), path.name)
    except OSError as error:
        raise UserError(f"{path.name} cannot be read: {error.strerror}.") from error
    return replace(preset, id=path.stem, group=MINE)


def _write_whole(path: Path, preset: Preset) -> None:
    content = preset_to_text(preset).encode()
    with replacing(path) as file:  # beside, flushed to the disk, then moved: the old file or the new one, never half
        file.write(content)


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise UserError("A preset needs a name of at most 80 letters.")
    return name


def _refuse_shipped(name: str) -> None:
    if any(name.casefold() in (p.id.casefold(), p.name.casefold()) for p in shipped_presets()):
        raise UserError(f"“{name}” is the name of a preset that comes with the program.", "Choose another name.")
