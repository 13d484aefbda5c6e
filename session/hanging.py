"""Arrangements that the person keeps ("such studies are shown like this"), and the one that is in force.

They are ``hanging.json`` in the workspace, one readable record for each modality, or modality and body part.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imaging.errors import UserError
from imaging.formats.replacing import replacing
from imaging.json_text import read_json
from imaging.volume import Volume
from session.arrangement import (
    Arrangement,
    StudyKind,
    arrangement_of,
    best,
    has_look_for,
    kind_of,
    placing,
    window_for,
)
from session.look.json_form import from_json
from session.presentation import Layout, Plane, PresentationState, Windowing

if TYPE_CHECKING:
    from session.session import Session

FILE_NAME = "hanging.json"
LARGEST_FILE = 1_000_000
Place = tuple[Layout, str]


class Hanging:
    """What is kept, and what of it the open image is shown with.

    Attributes:
        kept: as they were read last.
        applied: the arrangement that the open image was given; None for none.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.kept: tuple[Arrangement, ...] = ()
        self.applied: Arrangement | None = None
        self._places: tuple[Place, Place] | None = None  # where views stood before an arrangement, and in it

    @property
    def match(self) -> Arrangement | None:
        """The arrangement for studies such as the open one."""
        kind = self._open_kind()
        return None if kind is None else best(self.kept, kind)

    @property
    def usual_place(self) -> Place:
        """Layout and main view without the arrangement in force; what somebody chose since then stays."""
        shown = self._session.presentation.state
        now = shown.layout, shown.main_view
        return self._places[0] if self._places is not None and self._places[1] == now else now

    def read(self) -> None:
        """Read what is kept anew: several programs may use the workspace.

        Raises:
            UserError: the file is damaged; then none is kept, and the file is left alone.
        """
        self.kept = ()
        self.kept = read_arrangements(self._path)

    def keep(self, *, whole_modality: bool = False) -> Arrangement:
        """Show such studies as the open one is shown now; one that was kept for them is replaced.

        Raises:
            UserError: the file is damaged, or cannot be written.
        """
        volume, kind = self._session.open_document.volume, self._open_kind()
        assert kind is not None
        if whole_modality:
            kind = StudyKind(kind.modality)
        made = arrangement_of(self._session.presentation.state, volume, kind)
        self.read()
        self._write((*(one for one in self.kept if one.kind != kind), made))
        self.applied = made
        return made

    def forget(self) -> Arrangement | None:
        """Keep the arrangement for studies such as the open one no longer; returns it."""
        self.read()
        found = self.match
        if found is not None:
            self._write(tuple(one for one in self.kept if one != found))
        self.applied = None
        return found

    def begin(self, kind: StudyKind, fresh: PresentationState, volume: Volume, *, is_complete: bool) -> bool:
        """Show an image without a case of its own: as such studies are kept, else as ``fresh`` says.

        Args:
            fresh: the presentation to begin with; its layout should be ``usual_place``.
            is_complete: all slices are there; otherwise ``complete`` follows.

        Returns:
            True when an arrangement was applied.
        """
        self.stand_back()
        self.applied, self._places = best(self.kept, kind), None
        self._session.presentation.update(**vars(fresh))
        if self.applied is not None:
            self.apply(self.applied, volume, is_complete=is_complete)
        return self.applied is not None

    def stand_back(self) -> None:
        """An image is opened in a case that says itself how it is shown."""
        self.applied = None
        try:
            self.read()
        except UserError as error:
            self._session.messages.error(error)

    def apply(self, arrangement: Arrangement, volume: Volume, *, is_complete: bool = True) -> None:
        """Show an image like this."""
        before = self.usual_place
        fields = placing(arrangement, self._session.presentation.state)
        self._session.presentation.update(**fields, **self._values(arrangement, volume, has_look=is_complete))
        self.applied, self._places = arrangement, (before, (arrangement.layout, arrangement.main_view))

    def complete(self, volume: Volume, first: Windowing) -> None:
        """All slices are there: window and look, as far as they depend on the values.

        Args:
            first: the window without an arrangement.
        """
        fields: dict[str, Any] = {"windowing": first}
        if self.applied is not None:
            fields |= self._values(self.applied, volume, has_look=True)
        self._session.presentation.update(**fields)

    def leave(self, first: Windowing) -> None:
        """Back to how images are shown without an arrangement; segments, cameras and cuts stay as they are."""
        layout, main_view = self._places[0] if self._places is not None else (Layout.FOUR, Plane.AXIAL.value)
        shown, usual = self._session.presentation.state, PresentationState(layout=layout, main_view=main_view)
        arrangement = arrangement_of(usual, self._session.open_document.volume, StudyKind())
        self._session.presentation.update(**placing(arrangement, shown), windowing=first, look=None)
        self.applied, self._places = None, None

    def _values(self, arrangement: Arrangement, volume: Volume, *, has_look: bool) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        window = window_for(arrangement, volume)
        if window is not None:
            fields["windowing"] = window
        if has_look and has_look_for(arrangement, volume):
            from session.look.presets import look_for, preset_named  # read from files when they are first needed

            try:
                fields["look"] = look_for(preset_named(arrangement.preset, self._session.preset_store), volume)
            except UserError as error:
                self._session.messages.warning(f"The arrangement's look is missing: {error.message}")
        return fields

    def _open_kind(self) -> StudyKind | None:
        document = self._session.document
        if document is None or not document.volumes:
            return None
        return kind_of(document.volume, document.case.images[0].modality if document.case.images else "")

    @property
    def _path(self) -> Path:
        return self._session.settings.workspace() / FILE_NAME

    def _write(self, kept: tuple[Arrangement, ...]) -> None:
        write_arrangements(self._path, kept)
        self.kept = kept


def read_arrangements(path: Path) -> tuple[Arrangement, ...]:
    """What a file holds; nothing where there is none.

    Raises:
        UserError: the file is damaged.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError("it is too large")
        records = read_json(path.read_text("utf-8"))["arrangements"]
        return tuple(from_json(Arrangement, record) for record in records)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = f"Repair or remove {path.name} in the workspace ({error})."
        raise UserError("The kept arrangements could not be read.", hint) from error


def write_arrangements(path: Path, arrangements: tuple[Arrangement, ...]) -> None:
    """Write them as JSON, by kind.

    Raises:
        UserError: the file cannot be written.
    """
    records = [asdict(one) for one in sorted(arrangements, key=lambda a: (a.kind.modality, a.kind.body_part))]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"The folder {path.parent} cannot be made.", str(error)) from error
    with replacing(path) as file:
        file.write(json.dumps({"version": 1, "arrangements": records}, indent=1).encode())
