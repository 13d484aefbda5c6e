"""What people set once: declared in one table, kept in one JSON file, validated at the door."""

from __future__ import annotations

import getpass
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
import psygnal

from imaging.errors import UserError
from imaging.json_text import read_json


@dataclass(frozen=True)
class Setting:
    """One declared setting.

    Attributes:
        key: ``area.name``.
        default: its type is the setting's type.
        title, doc: what the settings dialog shows; ``group`` is the dialog's page.
        choices: the allowed texts, empty for free values.
        low, high: the range of a number.
    """

    key: str
    default: Any
    title: str
    doc: str
    group: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    def checked(self, value: Any) -> Any:
        """The value in the setting's type.

        Raises:
            UserError: it does not fit.
        """
        kind = type(self.default)
        fits = isinstance(value, kind) or (kind is float and isinstance(value, int) and not isinstance(value, bool))
        if not fits or (kind is int and isinstance(value, bool)):
            raise UserError(f"“{self.title}” takes no such value.")
        if self.choices and value not in self.choices:
            raise UserError(f"“{self.title}” is one of {', '.join(self.choices)}.")
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise UserError(f"“{self.title}” lies between {self.low} and {self.high}.")
        return kind(value)


SETTINGS = (
    Setting("person.name", getpass.getuser(), "Your name", "Written into the journal with each change.", "General"),
    Setting(
        "look.theme",
        "dark",
        "Theme",
        "Colours of the window; the views are always black.",
        "Look",
        choices=("dark", "light", "reading room"),
    ),
    Setting("look.text_scale", 1.0, "Text size", "Factor on all text and icons.", "Look", low=0.75, high=2.0),
    Setting("slices.interpolate", True, "Smooth slices", "Interpolate grey values between voxels.", "Look"),
    Setting("slices.auto_window", True, "Window from the image", "Choose window and level on opening.", "Look"),
    Setting(
        "open.uneven",
        "ask",
        "Uneven or tilted series",
        "Keep the true slice positions, resample to a regular grid, or ask each time.",
        "Opening",
        choices=("ask", "keep", "resample"),
    ),
    Setting(
        "three_d.quality",
        "auto",
        "3D surfaces",
        "Fewer triangles make turning smoother.",
        "Look",
        choices=("auto", "full", "reduced"),
    ),
    Setting(
        "three_d.backend",
        "auto",
        "Cinematic pictures by",
        "The graphics card (glsl), the processor (numba), or what is better here.",
        "3D",
        choices=("auto", "glsl", "numba"),
    ),
    Setting(
        "three_d.samples",
        256,
        "Cinematic samples",
        "For each pixel; a resting picture is refined up to here.",
        "3D",
        low=1,
        high=65536,
    ),
    Setting("three_d.denoise", True, "Remove noise", "From cinematic pictures that are not finished yet.", "3D"),
    Setting(
        "three_d.most_memory_mb",
        0,
        "Graphics memory for 3D",
        "In megabytes; larger volumes are reduced. 0 for what the card has.",
        "3D",
        low=0,
        high=1_000_000,
    ),
    Setting("workspace.folder", "", "Workspace", "Where cases are kept; empty for the usual place.", "General"),
    Setting(
        "external.totalsegmentator",
        "",
        "TotalSegmentator",
        "Its command, or the folder of its Python environment; empty for the one on the search path, off for none.",
        "General",
    ),
    Setting(
        "energy.watts_per_core",
        12.0,
        "Watts per core",
        "Assumed power of a busy core where the computer does not count the processor's energy.",
        "General",
        low=0.1,
        high=100.0,
    ),
    Setting(
        "segment.early",
        True,
        "First look at long runs",
        "While a model still runs, draw a coarse result, or what it has found so far.",
        "General",
    ),
    Setting(
        "models.keep_warm_min",
        2,
        "Keep models ready",
        "Minutes for which a model that was added keeps its memory after a run, so that the next one begins sooner. "
        "0 gives it back at once.",
        "Models",
        low=0,
        high=24 * 60,
    ),
    Setting("brush.radius_mm", 8.0, "Brush radius", "In millimetres.", "Painting", low=0.2, high=200.0),
    Setting("brush.pen_pressure", True, "Pen pressure", "A pen's pressure changes the radius.", "Painting"),
    Setting(
        "preview.merge",
        "replace",
        "Segments of the same name",
        "What becomes of them when a result is accepted.",
        "Hidden",
        choices=("replace", "add", "empty", "new"),
    ),
    Setting("preview.least_ml", 0.5, "Small parts", "Parts of a result below this are dropped.", "Hidden", low=0.0),
    Setting("preview.least_mm2", 50.0, "Small parts", "The same, of a slice of unknown thickness.", "Hidden", low=0.0),
    Setting("shortcuts", {}, "Shortcuts", "Changed shortcuts by action.", "Hidden"),
    Setting("recent", [], "Recent", "What was opened last.", "Hidden"),
    Setting("window", {}, "Window", "Size and panels of the main window.", "Hidden"),
    Setting("window.places", {}, "Places", "Of the windows, by the screens that are there.", "Hidden"),
    Setting("export.picture", {}, "Picture", "How the last picture was exported.", "Hidden"),
    Setting("export.movie", {}, "Movie", "How the last movie was exported.", "Hidden"),
    Setting("export.surfaces", {}, "Surfaces", "How surfaces were exported last.", "Hidden"),
    Setting("segment.options", {}, "Options", "Of the last run of each model.", "Hidden"),
    Setting("archives.last", "", "Archive", "The one that was asked last.", "Hidden"),
    Setting("segment.batch", {}, "Batch", "Model, folder and kind of results of the last batch.", "Hidden"),
    Setting("panel.look_page", "slices", "Page of Look", "Slices or 3D.", "Hidden", choices=("slices", "3d")),
    Setting("panel.closed_sections", ["lens", "quality"], "Closed sections", "Of the page Look.", "Hidden"),
)


class Settings:
    """The settings of one person.

    Args:
        path: the JSON file; None for the usual place of the platform.
    """

    changed = psygnal.Signal(str, object)  # key, new value

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or Path(platformdirs.user_config_dir("limner", False)) / "settings.json"
        self._table = {s.key: s for s in SETTINGS}
        self._values: dict[str, Any] = {}
        self.problem = ""
        self._load()

    def __getitem__(self, key: str) -> Any:
        return self._values.get(key, self._table[key].default)

    def set(self, key: str, value: Any) -> None:
        """Change a setting and keep it.

        Raises:
            UserError: the value does not fit, or the file cannot be written.
        """
        value = self._table[key].checked(value)
        if self[key] == value:
            return
        self._values[key] = value
        self._save()
        self.changed.emit(key, value)

    def declared(self) -> tuple[Setting, ...]:
        """All settings in the order of the dialog."""
        return SETTINGS

    def workspace(self) -> Path:
        """The folder of cases, images and models."""
        chosen = os.environ.get("LIMNER_WORKSPACE") or self["workspace.folder"]
        return Path(chosen) if chosen else Path(platformdirs.user_data_dir("limner", False))

    def _load(self) -> None:
        try:
            stored = read_json(self.path.read_text("utf-8"))
            if not isinstance(stored, dict):
                raise TypeError("it holds no settings")
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError) as error:
            self.problem = f"The settings file could not be read; defaults are used ({error})."
            return
        for key, value in stored.items():
            if key in self._table:
                try:
                    self._values[key] = self._table[key].checked(value)
                except UserError as error:
                    self.problem = error.message

    def _save(self) -> None:
        partial = self.path.with_suffix(".partial")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps(self._values, indent=1, ensure_ascii=False), "utf-8")
            partial.replace(self.path)
        except OSError as error:
            raise UserError("The settings could not be saved.", str(error)) from error
