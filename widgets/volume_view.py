"""The 3D view: segment surfaces and slices in space, drawn by VTK on a thread of its own and shown as an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QEvent, QPointF, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QEnterEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QTextEdit, QWidget

from render.graphics_probe import Graphics
from render.render_thread import FrameRequest
from render.rulers import rulers_of
from render.surface_cache import BuiltSurface
from render.surfaces import Surface
from render.volume_camera import StandardView, fitted
from render.volume_renderer import BACKGROUND_BOTTOM, BACKGROUND_TOP, Frame, Quality
from render.volume_scene import VolumeSceneState, resolved, resolved_with_volume, scene_points_mm
from session.change import DocumentChange
from session.document import Document
from session.found_boxes import measurements_of
from session.look.inside import Region
from session.presentation import PresentationState, VolumeCamera, VolumeMode
from session.selection import SelectionState
from session.session import Session
from widgets import theme
from widgets.sentences import translated
from widgets.signal_links import SignalLinks
from widgets.volume_annotations import VolumeAnnotations
from widgets.volume_engine import VolumeEngine
from widgets.volume_gestures import VolumeGestures
from widgets.volume_look_drags import LookDrags
from widgets.volume_surfaces import VolumeSurfaces
from widgets.volume_wishes import VolumeWishes

THREE_D = "3d"
START_MS = 150  # after the first showing: slices first
STROKE_MS = 300  # after the last change of voxels surfaces are made again
FOLLOW_MS = 80  # after a change elsewhere (crosshair, window, a finished surface) the picture follows
STILL_MS = 180  # after the last move the picture is drawn well
SLOW_SECONDS, QUICK_SECONDS = 0.07, 0.03  # of a moving frame: draw it smaller, draw it larger
SCALES = (1.0, 0.7, 0.5)
MOST_PIXELS = {Quality.MOVING: 700_000, Quality.STILL: 2_000_000}  # of a frame on software OpenGL
MOST_TRACED = {True: 500_000, False: 4_000_000}  # pixels of a cinematic still, on software OpenGL and on a card
SETTLED_SAMPLES = 8  # a cinematic picture is good enough not to wait for


class VolumeView(QWidget):
    """Segments as surfaces, with the slices and the crosshair.

    Args:
        session: what is open; the view follows its signals.
        parent: the widget it stands in.
    """

    maximise_requested = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.graphics: Graphics | None = None
        self.frame: Frame | None = None
        self._image: QImage | None = None
        self._failure = ""
        self._document: Document | None = None
        self._image_revision = 0
        self._fitted: VolumeCamera | None = None
        self._fits_surfaces = True
        self._asked: FrameRequest | None = None
        self._waits_for_frame = False
        self._scale = 0
        self._engine = VolumeEngine()
        self._surfaces = VolumeSurfaces(self._engine)
        self._annotations = VolumeAnnotations()
        self._gestures = VolumeGestures(self)
        self._wishes = VolumeWishes(session)
        self.drags = LookDrags(self)
        self._links = SignalLinks(self)
        self._document_links = SignalLinks(self)
        self._start_timer = self._timer(START_MS, self._start)
        self._stroke_timer = self._timer(STROKE_MS, self._order_surfaces)
        self._follow_timer = self._timer(FOLLOW_MS, self._follow)
        self._still_timer = self._timer(STILL_MS, self._draw_still)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(120, 120)
        self.setAccessibleName(self.tr("3D view"))
        self._connect()
        self._replace_document(session.document)

    def _timer(self, interval_ms: int, call: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(call)
        return timer

    def _connect(self) -> None:
        self._links.add(self.session.document_replaced, self._replace_document)
        self._links.add(self.session.presentation.changed, self._presentation_changed)
        self._links.add(self.session.selection.changed, self._selection_changed)
        self._links.add(self.session.settings.changed, self._setting_changed)
        theme.switch.changed.connect(self.update)
        self._engine.started.connect(self._started)
        self._engine.frame_ready.connect(self._take_frame)
        self._engine.surface_built.connect(self._take_surface)
        self._engine.batch_done.connect(self._batch_done)
        self._engine.drawing_failed.connect(self._drawing_failed)
        self._engine.surfaces_failed.connect(self._surfaces_failed)
        self._engine.volume_failed.connect(self._volume_failed)
        self.destroyed.connect(self._engine.close)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self._engine.close)

    @property
    def shows_volume(self) -> bool:
        """True when the picture is ray cast or traced."""
        return self._document is not None and self._wishes.mode is not VolumeMode.SURFACES

    @property
    def shows_surfaces(self) -> bool:
        """True when segments are drawn as surfaces."""
        return not self.shows_volume or self.session.presentation.state.shows_surfaces_with_volume

    @property
    def is_busy(self) -> bool:
        """True while surfaces are made or are to be made."""
        return self._surfaces.is_busy and self.shows_surfaces

    @property
    def frame_is_current(self) -> bool:
        """True when the well drawn picture of what is to be shown is on the screen."""
        timers = (self._stroke_timer, self._follow_timer, self._still_timer)
        is_still = self.frame is not None and self.frame.quality is Quality.STILL
        if self.frame is not None and not self.frame.is_final and self.frame.samples < SETTLED_SAMPLES:
            return False
        if self.frame is not None and self.frame.awaits is not Region.EVERYTHING:
            return False
        return is_still and not self._waits_for_frame and not any(timer.isActive() for timer in timers)

    @property
    def is_settled(self) -> bool:
        """True when there is nothing to wait for: the picture is final, or there is none to come."""
        if self._document is None or self._failure or not self.isVisible():
            return True
        return not self.is_busy and self.frame_is_current

    @property
    def surfaces(self) -> Mapping[int, Surface]:
        """The surfaces that are made, by segment."""
        return self._surfaces.made

    @property
    def scene(self) -> VolumeSceneState | None:
        """What is shown beside the volume, for exports; None when nothing is open."""
        return self._state(self._document) if self._document is not None else None

    @property
    def note(self) -> str:
        """Why the view is off; empty when it is not."""
        return self._failure

    # The camera

    @property
    def camera(self) -> VolumeCamera:
        """The presentation's camera; one that fits everything until somebody moves it."""
        chosen = self.session.presentation.state.volume_camera
        if chosen is not None:
            return chosen
        if self._fitted is None:
            self._fitted = self._fit(StandardView.ANTERIOR if self._has_segments else StandardView.CORNER)
        return self._fitted

    def move_camera(self, camera: VolumeCamera) -> None:
        """Look from elsewhere."""
        if self._document is not None:
            self.session.presentation.update(volume_camera=camera)

    def look_from(self, view: StandardView) -> None:
        """Look at everything from one side of the patient."""
        if self._document is not None:
            self.move_camera(self._fit(view))

    def settle(self) -> None:
        """A movement is over: draw well at once."""
        self._draw_still()

    def put_crosshair(self, position: QPointF) -> None:
        """Move the crosshair to the surface or slice seen at a place of the view; nothing happens on the background."""
        if self.frame is None or self.frame.camera != self.camera:
            return  # the picture is not yet that of the view
        height, width = self.frame.depth_mm.shape
        point = self.frame.point_at(position.x() * width / self.width(), position.y() * height / self.height())
        if point is not None:
            self.session.presentation.update(crosshair_mm=point)

    @property
    def _has_segments(self) -> bool:
        """True when there are, or will be, surfaces to look at."""
        if self._document is None:
            return False
        segmentation = self._document.segmentation
        has_voxels = any(segmentation.voxel_count(s.number) for s in segmentation.segments)
        return has_voxels or self._document.preview is not None

    def _fit(self, view: StandardView) -> VolumeCamera:
        aspect = self.width() / max(self.height(), 1)
        if self._document is None:
            return fitted([[-100.0, -100.0, -100.0], [100.0, 100.0, 100.0]], aspect, view)
        hidden = self.session.presentation.state.hidden_segments
        shown = () if self.shows_volume else self._surfaces.shown(hidden)
        return fitted(scene_points_mm(shown, self._document.segmentation.geometry), aspect, view)

    # Starting and stopping

    def _start(self) -> None:
        if self.graphics is None and self.isVisible():
            self._engine.start()

    def _started(self, graphics: Graphics) -> None:
        self.graphics = graphics
        if not graphics.is_available:
            self._turn_off(graphics.reason)
            return
        self._choose_budget()
        self._order_surfaces()
        self._draw_still()

    def _drawing_failed(self, sentence: str) -> None:
        self._turn_off(sentence)
        self.session.messages.warning(sentence, self.tr("The slice views go on working."))

    def _turn_off(self, why: str) -> None:
        """Nothing can be drawn; the view says why, and controls of it know."""
        self._failure = why
        self.session.three_d.update(problem=why)
        self.update()

    def _volume_failed(self, sentence: str) -> None:
        self.session.presentation.update(volume_mode=VolumeMode.SURFACES)
        self.session.messages.warning(sentence, self.tr("The 3D view shows surfaces instead."))

    def _surfaces_failed(self, sentence: str) -> None:
        self.session.messages.warning(sentence, self.tr("What is drawn may be older than the masks."))

    def close_engine(self) -> None:
        """Stop timers and threads; nothing is drawn any more."""
        for timer in (self._start_timer, self._stroke_timer, self._follow_timer, self._still_timer):
            timer.stop()
        self._engine.close()

    # What changed

    def _replace_document(self, document: Document | None) -> None:
        self._document_links.release()
        self._document = document
        self._fitted = None
        self.frame = self._image = self._asked = None
        self._surfaces.set_document(document)
        self._wishes.restart()
        self.drags.forget()
        self._fits_surfaces = self._has_segments
        if document is not None:
            self._document_links.add(document.changed, self._document_changed)
        self._order_surfaces()
        self._follow()
        self.update()

    def _document_changed(self, change: DocumentChange) -> None:
        self._surfaces.note(change)
        self._wishes.note(change)
        if self._surfaces.is_stale or (self.shows_volume and change.has_voxels):
            self._stroke_timer.start()
        if change.has_image:
            self._image_revision += 1
        if change.has_preview and self.isVisible():
            self._fits_surfaces |= not self._surfaces.made
            self._surfaces.order_preview()
        has_image = change.has_image and self._document is not None and not self._document.is_loading
        has_records = change.segment_numbers or change.is_structural or change.measurement_numbers
        if has_image or change.has_preview or has_records:
            self._follow_later()

    def _presentation_changed(self, before: PresentationState, after: PresentationState) -> None:
        if after.volume_camera is None and before.volume_camera is not None:
            self._fitted = None
        surfaces_changed = before.shows_surfaces_with_volume != after.shows_surfaces_with_volume
        if before.volume_mode != after.volume_mode or surfaces_changed:
            self._change_mode()
        elif before.volume_camera != after.volume_camera or (self.shows_volume and before.look != after.look):
            self._draw_moving()
        elif self._is_software:
            self._still_timer.start()  # after the last change only: the slices need the processor now
        else:
            self._follow_later()

    def _change_mode(self) -> None:
        if self.session.presentation.state.volume_camera is None:
            self._fitted = None
        self._order_surfaces()
        self._draw_moving()
        self.update()

    def _selection_changed(self, before: SelectionState, after: SelectionState) -> None:
        if (before.active_view == THREE_D) != (after.active_view == THREE_D):
            self.update()

    def _setting_changed(self, key: str, value: object) -> None:
        if key == "three_d.quality" and self.graphics is not None:
            self._choose_budget()
            self._order_surfaces()
        elif key.startswith("three_d."):
            self._follow_later()

    # Surfaces

    @property
    def _is_software(self) -> bool:
        return self.graphics is None or self.graphics.is_software

    def _choose_budget(self) -> None:
        self._surfaces.set_quality(str(self.session.settings["three_d.quality"]), self._is_software)

    def _order_surfaces(self) -> None:
        if not self.isVisible():
            return
        if self.shows_surfaces:
            self._surfaces.order()
        self._follow_later()
        self.update()

    def _take_surface(self, built: BuiltSurface) -> None:
        if self._surfaces.take(built):
            self._follow_later()

    def _batch_done(self) -> None:
        self._surfaces.batch_done()
        if self.is_busy:
            return
        if self._fits_surfaces and (self._surfaces.made or self._surfaces.proposed):
            self._fitted, self._fits_surfaces = None, False
        self._follow()
        self.update()

    # Frames

    def _follow_later(self) -> None:
        if not self._follow_timer.isActive():
            self._follow_timer.start()

    def _follow(self) -> None:
        self._request(Quality.MOVING if self.is_busy else Quality.STILL)

    def _draw_moving(self) -> None:
        self._request(Quality.MOVING)
        self._still_timer.start()

    def _draw_still(self) -> None:
        if self._gestures.is_held and self._wishes.mode is VolumeMode.RAYCAST:
            self._still_timer.start()  # VTK cannot leave a good frame half way, and the hand would wait for it
            return
        self._still_timer.stop()
        self._request(Quality.STILL)

    def _state(self, document: Document) -> VolumeSceneState:
        shown = self.session.presentation.state
        volume = document.volumes[min(shown.time_point, len(document.volumes) - 1)]
        surfaces = self._surfaces.shown(shown.hidden_segments) if self.shows_surfaces else ()
        if self.shows_volume:
            state = resolved_with_volume(shown, volume, surfaces, self.camera, self._image_revision)
        else:
            state = resolved(shown, volume, document.segmentation, surfaces, self.camera, self._image_revision)
        found = document.preview.boxes if document.preview is not None else ()
        waiting = measurements_of(found, -len(found))
        rulers = rulers_of((*document.measurements.all, *waiting), shown.hidden_measurements, volume)
        return replace(state, rulers=rulers, ruler_unit=1 / max(self.height(), 1))

    def _request(self, quality: Quality) -> None:
        if self._document is None or not self._engine.is_running or not self.isVisible():
            return
        request = FrameRequest(
            self._state(self._document),
            self._frame_size(quality),
            quality,
            self._surfaces.generation,
            self._wishes.wish(self._document),
        )
        if request != self._asked:
            self._asked = request
            self._waits_for_frame = True
            self._engine.request(request)

    def _frame_size(self, quality: Quality) -> tuple[int, int]:
        """Device pixels of a frame: fewer while moving when that is slow, and where the processor draws."""
        scale = self.devicePixelRatioF() * (SCALES[self._scale] if quality is Quality.MOVING else 1.0)
        pixels = self.width() * self.height() * scale**2
        most = MOST_PIXELS[quality] if self._is_software else pixels
        if self._wishes.mode is VolumeMode.CINEMATIC:
            most = MOST_TRACED[self._is_software]
        if pixels > most:
            scale *= (most / pixels) ** 0.5
        return max(1, round(self.width() * scale)), max(1, round(self.height() * scale))

    def _take_frame(self, request: FrameRequest, frame: Frame) -> None:
        if self._document is None or request.generation != self._surfaces.generation:
            return
        self.frame = frame
        self._waits_for_frame = request is not self._asked
        height, width = frame.rgb.shape[:2]
        self._image = QImage(frame.rgb.data, width, height, frame.rgb.strides[0], QImage.Format.Format_RGB888)
        self._wishes.tell(frame, request.wish)
        if frame.quality is Quality.MOVING and frame.samples == 0:
            slower = frame.seconds > SLOW_SECONDS and self._scale < len(SCALES) - 1
            quicker = frame.seconds < QUICK_SECONDS and self._scale > 0
            self._scale += int(slower) - int(quicker)
        self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """The last frame, scaled to the view, with texts over it."""
        painter = QPainter(self)
        self._paint_ground(painter)
        width, height = float(self.width()), float(self.height())
        if self._image is not None and not self._failure:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRect(0, 0, self.width(), self.height()), self._image)
            self.drags.paint(painter)
            self._annotations.paint_letters(painter, width, height, self.camera)
            if self.frame is not None and self.frame.samples > 0:
                self._annotations.paint_mark(painter, height)
        if self._failure:
            hint = self.tr("The slice views work without it.")
            why = f"{translated(self._failure)} {hint}"
            self._annotations.paint_note(painter, width, height, self.tr("3D view off"), why)
        self._annotations.paint_title(painter, self._hint())
        if self.session.selection.state.active_view == THREE_D:
            self._annotations.paint_border(painter, width, height)
        painter.end()

    def _paint_ground(self, painter: QPainter) -> None:
        if self._document is None or self._failure:
            painter.fillRect(self.rect(), theme.current().color("view"))
            return
        ground = QLinearGradient(0, 0, 0, self.height())
        ground.setColorAt(0, QColor(*BACKGROUND_TOP))
        ground.setColorAt(1, QColor(*BACKGROUND_BOTTOM))
        painter.fillRect(self.rect(), ground)

    def _hint(self) -> str:
        if self._document is None or self._failure:
            return ""
        if self.frame is None:
            return self.tr("starting…")
        if self.shows_volume:
            return self._volume_hint(self.frame)
        return self.tr("making surfaces…") if self.is_busy else ""

    def _volume_hint(self, frame: Frame) -> str:
        """What the picture is, and how far it has come."""
        cinematic = self._wishes.mode is VolumeMode.CINEMATIC
        parts = [self.tr("cinematic") if cinematic else self.tr("ray casting")]
        if self._waits_for_frame and frame.quality is Quality.STILL and frame.is_final:
            parts.append(self.tr("preparing…"))
        elif cinematic and frame.target_samples and not frame.is_final:
            parts.append(self.tr("refining, {0} of {1}").format(frame.samples, frame.target_samples))
        elif cinematic and frame.target_samples:
            parts.append(self.tr("{0} samples").format(frame.samples))
        if frame.awaits is Region.BODY:
            parts.append(self.tr("finding the body…"))
        elif frame.awaits is Region.BRAIN:
            parts.append(self.tr("finding the brain…"))
        if frame.reduction > 1:
            parts.append(self.tr("reduced to 1/{0}").format(frame.reduction))
        return " · ".join(parts)

    # Events

    def sizeHint(self) -> QSize:
        """A square that fits a small screen."""
        return QSize(480, 480)

    def showEvent(self, event: QShowEvent) -> None:
        """Start when seen for the first time; catch up when seen again."""
        super().showEvent(event)
        if self.graphics is None:
            self._start_timer.start()
        else:
            self._order_surfaces()
            self._follow_later()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing is drawn while nobody looks."""
        super().hideEvent(event)
        self._asked = None

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let VTK go before Qt goes."""
        self.close_engine()
        super().closeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The picture follows the size; a fitted camera stays fitted."""
        super().resizeEvent(event)
        if self.session.presentation.state.volume_camera is None:
            self._fitted = None
        self._draw_moving()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A gesture begins."""
        self.session.selection.update(active_view=THREE_D)
        self._gestures.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A gesture goes on, or the pointer looks for a handle."""
        if event.buttons() == Qt.MouseButton.NoButton:
            self.drags.hover(event.position())
        self._gestures.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A gesture ends."""
        self._gestures.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The view wants all the room, or to give it back."""
        self._gestures.double_click(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom."""
        self._gestures.wheel(event)

    def leaveEvent(self, event: QEvent) -> None:
        """No handle is under the pointer any more."""
        self.drags.hover(None)
        super().leaveEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Keys go to the view under the mouse, unless somebody is typing."""
        typing = isinstance(QApplication.focusWidget(), QLineEdit | QTextEdit | QAbstractSpinBox)
        if not typing and self.isActiveWindow():
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Standard views; everything else goes on to the window."""
        if not self._gestures.key_press(event):
            super().keyPressEvent(event)
