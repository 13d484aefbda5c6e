"""Loads ahead of need, a little in each turn of the event loop.

The first image that is opened, and the first opening of a page, load modules and make widgets: 40 to 170 ms in one
piece were measured. Once the window was drawn, the same is done here piece by piece, none of them longer than some
milliseconds; what knows no Qt is loaded by a thread. Where a document or a page comes first, it loads what is missing
itself, in one piece.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from app.window import MainWindow

BEGIN_MS = 20  # after the window was drawn
REST_MS = 4  # between two pieces, so that whatever else is due comes first
WAIT_MS = 100  # while an image is being opened, or the thread is still at it

SLICES = (
    "render.screen_map", "render.label_pixels", "render.label_overlay", "render.slice_geometry", "render.slice_scene",
    "render.slice_measurements", "render.slice_reading", "widgets.brush_cursor", "widgets.slice_annotations",
    "widgets.slice_measures", "widgets.tools.measure", "widgets.tools.brush", "widgets.tools.fill",
    "widgets.slice_gestures", "widgets.slice_measure_layer", "widgets.slice_picture", "widgets.slice_view",
)  # fmt: skip
WITHOUT_QT = (
    "inference.operators.coarse_grid", "inference.models.ct_anatomy_rules", "inference.packages.store",
    "render.volume_scene", "render.cinematic.tables", "render.raycast.software", "render.volume_renderer",
    "render.volume_content", "render.render_thread", "render.surface_cache", "render.surface_builder",
    "session.look.automatic", "session.look.slicer_presets", "session.look.presets", "session.batch.finding",
    "session.model_work",
)  # fmt: skip
VIEWS_AND_PAGES = (
    "widgets.opengl_probe", "widgets.volume_annotations", "widgets.volume_engine", "widgets.volume_cut_handles",
    "widgets.volume_gestures", "widgets.volume_look_drags", "widgets.volume_surfaces", "widgets.volume_wishes",
    "widgets.volume_view", "widgets.look_3d.mode_bar", "widgets.look_3d.page", "widgets.look_3d.preset_tile",
    "widgets.look_3d.preset_gallery", "widgets.transfer_function.frame", "widgets.transfer_function.curves",
    "widgets.transfer_function.painting", "widgets.transfer_function.drags", "widgets.transfer_function.canvas_view",
    "widgets.transfer_function.canvas_editing", "widgets.transfer_function.curve_canvas",
    "widgets.transfer_function.gradient_section", "widgets.transfer_function.editor",
    "widgets.look_3d.transfer_controls", "widgets.look_3d.segment_looks", "widgets.look_3d.light_controls",
    "widgets.look_3d.cinematic_controls", "widgets.look_3d.cut_controls", "widgets.models_window.columns",
    "widgets.models_window.details", "widgets.models_window.window", "widgets.batch_window.columns",
    "widgets.batch_window.adding", "widgets.batch_window.window", "widgets.study_window.columns",
    "widgets.study_window.contents", "widgets.study_window.filters", "widgets.study_window.window",
    "widgets.archives_window.columns", "widgets.archives_window.window",
)  # fmt: skip


class Ahead(QObject):
    """First the slice views, then what pages need; it rests while an image is being opened.

    Only the window's entry point makes one, so that tests and commands never do.

    Args:
        window: lives as long.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.is_over = False
        self._pieces = self._all_pieces()
        self._thread = threading.Thread(target=load_without_qt, name="ahead", daemon=True)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._next)
        self._timer.start(BEGIN_MS)

    def _next(self) -> None:
        """One piece, unless something else is under way."""
        document = self._window.session.document
        is_opening = document is not None and document.is_loading
        if is_opening or self._thread.is_alive():
            self._timer.start(WAIT_MS)
            return
        piece = next(self._pieces, None)
        if piece is None:
            self.is_over = True
            return
        piece()
        self._timer.start(REST_MS)

    def _all_pieces(self) -> Iterator[Callable[[], object]]:
        for name in SLICES:
            yield partial(importlib.import_module, name)
        yield from self._window.slice_view_makers()
        yield self._thread.start
        for name in VIEWS_AND_PAGES:
            yield partial(importlib.import_module, name)
        yield from thumbnail_makers()


def load_without_qt() -> None:
    """Modules that know no Qt, the presets, what the added models say of themselves, and a decoder; on a thread."""
    for name in WITHOUT_QT:
        importlib.import_module(name)
    from imaging.dicom.foreign import warm_up
    from session.look.presets import shipped_presets
    from session.models import known_models

    shipped_presets()
    known_models()  # reads what has been added; the store remembers it
    warm_up()  # the first compressed series need not wait for its process


def thumbnail_makers() -> Iterator[Callable[[], object]]:
    """Calls that read the presets' pictures for the gallery, which keeps them, one by one."""
    from session.look.presets import shipped_presets
    from widgets import theme
    from widgets.look_3d.preset_tile import PICTURE_PX
    from widgets.look_3d.thumbnails import thumbnail

    for preset in shipped_presets():
        yield partial(thumbnail, preset, theme.current().px(PICTURE_PX))
