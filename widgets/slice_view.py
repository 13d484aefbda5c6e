"""One slice view: it resolves what is shown, paints it, and repaints only what changed."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

from PySide6.QtCore import QEvent, QLineF, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QTextEdit, QWidget

from imaging.blocks import Labels
from imaging.geometry import Box
from render.screen_map import ScreenMap, screen_map
from render.slice_geometry import crosshair_on_slice
from render.slice_reading import SliceReading, read
from render.slice_scene import SliceState, overlay_layers, resolve
from session.change import DocumentChange
from session.clicking import ClickingState
from session.document import Document
from session.presentation import Plane, PresentationState
from session.selection import SelectionState
from session.session import Session
from widgets import theme
from widgets.brush_cursor import BrushCircle, brush_cursor, cut_circle, is_ball, own_circle
from widgets.brush_ring import paint_ring
from widgets.click_marks import ClickMarks
from widgets.paint_regions import merged
from widgets.signal_links import SignalLinks
from widgets.slice_annotations import Label, SliceAnnotations, crosshair_lines, plane_title
from widgets.slice_gestures import SliceGestures
from widgets.slice_measure_layer import MeasureLayer
from widgets.slice_picture import SlicePicture
from widgets.slice_pointer import ChangedBoxes


class SliceView(QWidget):
    """A plane of the open document with the segments over it.

    Args:
        session: what is open; the view follows its signals.
        plane: which plane it shows.
        parent: the widget it stands in.
    """

    maximise_requested = Signal()
    hovered = Signal(object)  # SliceReading, None when the cursor is not over the image
    is_for_looking = False  # True where painting would change what is not shown

    def __init__(self, session: Session, plane: Plane, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.plane = plane
        self.initiator = f"slice view {plane.value}"
        self.state: SliceState | None = None
        self._document: Document | None = None
        self._links, self._document_links = SignalLinks(self), SignalLinks(self)
        self._picture = SlicePicture()
        self._annotations = SliceAnnotations(plane)
        self.measures = MeasureLayer(self)
        self.clicks = ClickMarks(self)
        self._gestures = SliceGestures(self)
        self._cursor: QPointF | None = None
        self._reading: SliceReading | None = None
        self._shown_reading: list[Label] = []
        self._brush = brush_cursor(session)
        self._circle: BrushCircle | None = None
        self._set_up()
        self._connect()
        self._replace_document(session.document)

    def _set_up(self) -> None:
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setTabletTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(120, 120)
        self.setAccessibleName(self.tr("{} view").format(plane_title(self.plane)))

    def _connect(self) -> None:
        self._links.add(self.session.document_replaced, self._replace_document)
        self._links.add(self.session.presentation.changed, self._presentation_changed)
        self._links.add(self.session.selection.changed, self._selection_changed)
        self._links.add(self.session.settings.changed, self._setting_changed)
        self._links.add(self._brush.moved, self.update_ring)
        self._links.add(self.session.clicking.changed, self._clicking_changed)
        theme.switch.changed.connect(self.update)

    # What is shown

    @property
    def place(self) -> ScreenMap:
        """Where the picture stands in this view now; only while something is shown."""
        assert self.state is not None
        return screen_map(self.state.grid, self.state.camera, self.width(), self.height())

    def step(self, steps: int) -> None:
        """Show another slice: positive steps go towards the head, the back, the patient's left."""
        if self.state is not None:
            self.go_to_slice(self.state.grid.number + (steps if self.state.grid.is_forward else -steps))

    def go_to_slice(self, number: int) -> None:
        """Show a slice by its number from 0; the crosshair goes with it."""
        if self.state is None:
            return
        geometry = self.state.volume.geometry
        moved = crosshair_on_slice(geometry, self.state.grid, self.state.crosshair_mm, number)
        self.session.presentation.update(crosshair_mm=moved)

    def update_labels(self, boxes: ChangedBoxes) -> None:
        """Repaint where labels changed; a segment that came to overlap another one may have moved to another layer."""
        if not boxes or self.state is None:
            return
        self._picture.forget_labels()
        self._resolve()
        for box in boxes.values():
            rect = self._rect_of(box)
            if rect is not None:
                self.update(rect)

    def forget_picture(self) -> None:
        """Paint everything anew: a gesture was taken back."""
        self._picture.forget_labels()
        self.update()

    def point_at(self, position: QPointF | None) -> None:
        """The cursor is here, or nowhere: value, segment and brush ring follow it."""
        had_cursor = self._cursor is not None
        self._cursor = position
        self._update_reading()
        self._share_ball(had_cursor)
        self.update_ring()

    def update_ring(self) -> None:
        """Move the brush ring to the cursor, or to where another view's ball cuts this plane."""
        before, self._circle = self._circle, self._brush_circle()
        if before != self._circle:
            for circle in (before, self._circle):
                if circle is not None:
                    self.update(circle.rect)

    def _brush_circle(self) -> BrushCircle | None:
        chosen, erases = self.session.selection.state, self._gestures.is_erasing
        if self.state is None or self._gestures.is_navigating:
            return None
        if self._cursor is not None:
            at = self._cursor.x(), self._cursor.y()
            return own_circle(chosen, self.state, self.place, at, erases)
        ball_mm = self._brush.position_mm
        return None if ball_mm is None else cut_circle(chosen, self.state, self.place, ball_mm, erases)

    def _share_ball(self, had_cursor: bool) -> None:
        """Tell the other views where the ball is, and when it went away."""
        if self._cursor is None or self.state is None or not is_ball(self.session.selection.state, self.state):
            if had_cursor:
                self._brush.place(None)
            return
        x, y, z = self.place.to_world(self.state.grid, self._cursor.x(), self._cursor.y()).tolist()
        self._brush.place((x, y, z))

    def _rect_of(self, box: Box) -> QRect | None:
        """The part of the view that shows a region of the grid, with room for the outline."""
        assert self.state is not None
        if self.state.grid.cut is None:
            return self.rect()
        rows = self.state.grid.cut.rows_of(box, self.state.volume.geometry.shape)
        if rows is None:
            return None
        left, top, right, bottom = self.place.rect_of(rows)
        corner = QPointF(floor(left) - 2, floor(top) - 2)
        rect = QRectF(corner, QPointF(ceil(right) + 2, ceil(bottom) + 2)).toAlignedRect()
        return rect.intersected(self.rect())

    # What changed

    def _replace_document(self, document: Document | None) -> None:
        self._document_links.release()
        self._gestures.forget()
        self._document, self.state = document, None
        if document is not None:
            self._document_links.add(document.changed, self._document_changed)
        self._resolve()
        self.point_at(None)
        self.update()

    def _document_changed(self, change: DocumentChange) -> None:
        if change.has_image:
            self._picture.forget_grey()
            self.state = None
        has_other_result = change.has_preview or change.has_early
        if change.has_image or has_other_result or change.segment_numbers or change.is_structural:
            self._picture.forget_labels()
            self._resolve()
        if has_other_result:
            self.update()
        elif change.has_draft or change.measurement_numbers:
            self._resolve()
        if change.initiators != {self.initiator}:
            self.update_labels(change.boxes)
        self._update_reading()

    def _presentation_changed(self, before: PresentationState, after: PresentationState) -> None:
        self._resolve()
        self._update_reading()
        self.update_ring()

    def _selection_changed(self, before: SelectionState, after: SelectionState) -> None:
        if (before.active_view == self.plane.value) != (after.active_view == self.plane.value):
            self.update()
        self._gestures.selection_changed(before, after)
        self.measures.refresh()
        self._share_ball(self._cursor is not None)
        self.update_ring()

    def _clicking_changed(self, before: ClickingState, after: ClickingState) -> None:
        self.clicks.refresh()

    def _setting_changed(self, key: str, value: object) -> None:
        if key == "slices.interpolate":
            self._picture.forget_grey()
            self.update()

    def _resolve(self) -> None:
        """Compare what should be shown with what is, and repaint the difference."""
        before = self.state
        after = None if self._document is None else self._resolved(self._document)
        self.state = after
        self.measures.refresh()
        self.clicks.refresh()
        if before is None or after is None:
            self._picture.forget_grey()
            self.update()
            return
        if not before.has_same_grey(after):
            self._picture.forget_grey()
        if not before.has_same_picture(after):
            self.update()
        elif before.crosshair_mm != after.crosshair_mm:
            for line in self._crosshair(before) + self._crosshair(after):
                self._update_line(line)

    def _resolved(self, document: Document) -> SliceState:
        return resolve(document, self.session.presentation.state, self.plane)

    def _layers(self, document: Document) -> tuple[Sequence[Labels], Sequence[Labels]]:
        """What the styles and the preview styles of the state are about."""
        return document.segmentation.layers, overlay_layers(document)

    def _crosshair(self, state: SliceState) -> list[QLineF]:
        place = screen_map(state.grid, state.camera, self.width(), self.height())
        return crosshair_lines(state, place, self._size()) if state.shows_crosshair else []

    def _update_line(self, line: QLineF) -> None:
        if line.x1() == line.x2() or line.y1() == line.y2():
            self.update(QRectF(line.p1(), line.p2()).normalized().adjusted(-2, -2, 2, 2).toAlignedRect())
        else:
            self.update()

    def _update_reading(self) -> None:
        before, self._reading = self._reading, self._read()
        shown = [] if self.state is None else self._annotations.reading_labels(self._size(), self.state, self._reading)
        if shown != self._shown_reading:
            for label in self._shown_reading + shown:
                self.update(label.rect.adjusted(-5, -5, 5, 5).toAlignedRect())
        self._shown_reading = shown
        if before != self._reading:
            self.hovered.emit(self._reading)

    def _read(self) -> SliceReading | None:
        if self._cursor is None or self.state is None or self._document is None:
            return None
        position = self.place.to_world(self.state.grid, self._cursor.x(), self._cursor.y())
        hidden, style = self.session.presentation.state.hidden_segments, self.state.doubt
        return read(self._document, self.state.volume, position, hidden, style.shown if style is not None else None)

    def _size(self) -> tuple[float, float]:
        return float(self.width()), float(self.height())

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint each of the rectangles that need it; at broken scale factors, where their edges blur, all in one."""
        painter = QPainter(self)
        is_whole = self.devicePixelRatioF().is_integer()
        for rect in merged(event.region()) if is_whole else [event.rect()]:  # type: ignore[arg-type]
            painter.setClipRect(rect)
            self._paint(painter, rect)
        painter.end()

    def _paint(self, painter: QPainter, rect: QRect) -> None:
        document, state, size = self._document, self.state, self._size()
        if document is None or state is None:
            painter.fillRect(rect, theme.current().color("view"))
            return
        place = self.place
        layers, over = self._layers(document)
        is_smooth = bool(self.session.settings["slices.interpolate"])
        self._picture.paint(painter, rect, state, place, layers, over, is_smooth)
        self._paint_over(painter, rect, state, place, size)

    def _paint_over(
        self, painter: QPainter, rect: QRect, state: SliceState, place: ScreenMap, size: tuple[float, float]
    ) -> None:
        if state.doubt is not None:
            self._annotations.paint_doubt_legend(painter, rect, size, state.doubt)
        if state.shows_crosshair:
            self._annotations.paint_crosshair(painter, crosshair_lines(state, place, size))
        self.measures.paint(painter, rect)
        self.clicks.paint(painter, rect)
        self._annotations.paint_slider(painter, rect, size, state)
        self._annotations.paint_scale_bar(painter, rect, size, state, place)
        self._annotations.paint_labels(painter, rect, self._annotations.fixed_labels(size, state))
        self._annotations.paint_labels(painter, rect, self._shown_reading)
        if self._circle is not None and rect.intersects(self._circle.rect):
            paint_ring(painter, self._circle)
        if self.session.selection.state.active_view == self.plane.value:
            self._annotations.paint_border(painter, size)

    # Events go to the gestures

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Text at the right edge moves with it."""
        self._update_reading()
        self.measures.refresh()
        self.clicks.refresh()

    def sizeHint(self) -> QSize:
        """A square that fits a small screen."""
        return QSize(480, 480)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A gesture begins."""
        self._gestures.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A gesture goes on, or the cursor moves."""
        self._gestures.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A gesture ends."""
        self._gestures.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Double click with a tool that does not paint: the view wants all the room, or to give it back."""
        self._gestures.double_click(event)

    def tabletEvent(self, event: QTabletEvent) -> None:
        """The pen: as the mouse, with pressure and an end that erases."""
        self._gestures.tablet(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Slices; zoom with Ctrl, radius with Shift."""
        self._gestures.wheel(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow and page keys, Escape, Space, Shift; everything else goes on to the window."""
        if not self._gestures.key_press(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space and Shift."""
        if not self._gestures.key_release(event):
            super().keyReleaseEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Keys go to the view under the mouse, unless somebody is typing."""
        typing = isinstance(QApplication.focusWidget(), QLineEdit | QTextEdit | QAbstractSpinBox)
        if not typing and self.isActiveWindow():
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    def hideEvent(self, event: QHideEvent) -> None:
        """A gesture cannot go on where nobody sees it, and its end might not be told."""
        self._gestures.finish_here()

    def leaveEvent(self, event: QEvent) -> None:
        """The cursor is elsewhere."""
        self.measures.hover(None)
        self.point_at(None)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys that are held are no longer heard."""
        self._gestures.forget_keys()
