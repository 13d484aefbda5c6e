"""How the case is shown: layouts, slices, window and level, overlays."""

from __future__ import annotations

from collections.abc import Callable

from render.slice_geometry import stepped_crosshair
from session.actions import Action
from session.presentation import WINDOW_PRESETS, Layout, Plane, SliceCamera, Windowing
from session.session import Session, has_document

SLAB_MM = (0.0, 10.0, 20.0, 40.0)


def _layout(layout: Layout) -> Callable[[Session], None]:
    def choose(session: Session) -> None:
        alone = {"main_view": session.selection.state.active_view} if layout is Layout.SINGLE else {}
        session.presentation.update(layout=layout, **alone)

    return choose


def _has_layout(layout: Layout) -> Callable[[Session], bool]:
    return lambda session: session.presentation.state.layout is layout


def maximise(session: Session) -> None:
    """Let the active view fill the grid, or give it its old place back."""
    if session.window is not None:
        session.window.maximise(session.selection.state.active_view)


def own_window(session: Session) -> None:
    """Show the active view in a window of its own, for another monitor, or in the grid again."""
    if session.window is not None:
        session.window.toggle_own_window(session.selection.state.active_view)


def fit(session: Session) -> None:
    """Show the whole image in every view."""
    cameras = {p: SliceCamera(slab_mm=c.slab_mm) for p, c in session.presentation.state.slice_cameras.items()}
    session.presentation.update(slice_cameras=cameras, volume_camera=None)


def move_slices(session: Session, by: int) -> None:
    """Move the crosshair by whole slices across the active view's plane: up, back, left are forward."""
    active = session.selection.state.active_view
    plane = Plane(active) if active in set(Plane) else Plane.AXIAL
    shown, geometry = session.presentation.state, session.open_document.volume.geometry
    moved = stepped_crosshair(geometry, plane, shown.slice_cameras[plane], shown.crosshair_mm, by)
    session.presentation.update(crosshair_mm=moved)


def _preset(name: str) -> Callable[[Session], None]:
    def choose(session: Session) -> None:
        session.presentation.update(windowing=WINDOW_PRESETS[name])

    return choose


def auto_window(session: Session) -> None:
    """Choose window and level from the image's values."""
    low, high = session.open_document.volume.window_range()
    session.presentation.update(windowing=Windowing(round((low + high) / 2, 2), round(max(high - low, 1e-3), 2)))


def set_window(session: Session, level: float, width: float) -> None:
    """Set level and width."""
    session.presentation.update(windowing=Windowing(level, max(width, 1e-3)))


def toggle_invert(session: Session) -> None:
    """Show black as white."""
    session.presentation.update(is_inverted=not session.presentation.state.is_inverted)


def toggle_crosshair(session: Session) -> None:
    """Draw the crosshair or not."""
    session.presentation.update(shows_crosshair=not session.presentation.state.shows_crosshair)


def toggle_fill(session: Session) -> None:
    """Fill the segments in the slices or not."""
    session.presentation.update(shows_fill=not session.presentation.state.shows_fill)


def toggle_outline(session: Session) -> None:
    """Outline the segments in the slices or not."""
    session.presentation.update(shows_outline=not session.presentation.state.shows_outline)


def change_opacity(session: Session, by: float) -> None:
    """Make the segments' fill more or less opaque."""
    opacity = round(min(max(session.presentation.state.overlay_opacity + by, 0.0), 1.0), 2)
    session.presentation.update(overlay_opacity=opacity)


def slab(session: Session) -> None:
    """Step through the slab thicknesses of the active view: 0, 10, 20, 40 mm."""
    active = session.selection.state.active_view
    if active not in set(Plane):
        return
    now = session.presentation.state.slice_cameras[Plane(active)].slab_mm
    thicker = [t for t in SLAB_MM if t > now]
    session.presentation.update_camera(Plane(active), slab_mm=thicker[0] if thicker else 0.0)


def toggle_slices_3d(session: Session) -> None:
    """Show the three slices in the 3D view or not."""
    session.presentation.update(shows_slices_in_3d=not session.presentation.state.shows_slices_in_3d)


def next_time_point(session: Session, by: int = 1) -> None:
    """Show another volume of a 4D image."""
    count = len(session.open_document.volumes)
    session.presentation.update(time_point=(session.presentation.state.time_point + by) % count)


def toggle_surfaces_with_volume(session: Session) -> None:
    """Show segments as surfaces within a ray-cast or cinematic volume, or not."""
    shown = session.presentation.state.shows_surfaces_with_volume
    session.presentation.update(shows_surfaces_with_volume=not shown)


def _panel(side: str) -> Callable[[Session], None]:
    def toggle(session: Session) -> None:
        if session.window is not None:
            session.window.toggle_panel(side)

    return toggle


def _theme(name: str) -> Callable[[Session], None]:
    def choose(session: Session) -> None:
        session.settings.set("look.theme", name)
        if session.window is not None:
            session.window.set_theme(name)

    return choose


def has_time_points(session: Session) -> bool:
    """True for a 4D image."""
    return session.document is not None and len(session.document.volumes) > 1


def _shown(field: str) -> Callable[[Session], bool]:
    return lambda session: bool(getattr(session.presentation.state, field))


_W, _L = "View/Window", "View/Layout"

ACTIONS = (
    Action("view.layout_four", "2 × 2", _layout(Layout.FOUR), "Three slices and 3D.", "Ctrl+1", "layout-four", _L,
           checked=_has_layout(Layout.FOUR), needs_window=True),
    Action("view.layout_one_and_three", "1 + 3", _layout(Layout.ONE_AND_THREE), "One large view, three small.",
           "Ctrl+2", "layout-one-three", _L, checked=_has_layout(Layout.ONE_AND_THREE), needs_window=True),
    Action("view.layout_single", "One view", _layout(Layout.SINGLE), "The active view alone.", "Ctrl+3",
           "layout-single", _L, checked=_has_layout(Layout.SINGLE), needs_window=True),
    Action("view.layout_slices", "Only slices", _layout(Layout.SLICES), "Three slices, no 3D.", "Ctrl+4",
           "layout-slices", _L, checked=_has_layout(Layout.SLICES), needs_window=True),
    Action("view.maximise", "Maximise the view", maximise, "And back.", "Ctrl+M", "maximise", "View", has_document,
           needs_window=True),
    Action("view.own_window", "View in its own window", own_window, "The active view, for another monitor; and back.",
           "Ctrl+Shift+M", "maximise", "View", has_document, needs_window=True),
    Action("view.fit", "Fit", fit, "The whole image in every view.", "R", "fit", "View", has_document,
           needs_window=True),
    Action("view.next_slice", "Next slice", lambda session: move_slices(session, 1), "In the active view.", "W", "next",
           "View", has_document, needs_window=True),
    Action("view.previous_slice", "Previous slice", lambda session: move_slices(session, -1), "In the active view.",
           "Q", "previous", "View", has_document, needs_window=True),
    Action("view.window_soft_tissue", "Soft tissue window", _preset("soft tissue"), "W 400 L 40.", "F5", "window-level",
           _W, has_document, needs_window=True),
    Action("view.window_lung", "Lung window", _preset("lung"), "W 1500 L −600.", "F6", "window-level", _W, has_document,
           needs_window=True),
    Action("view.window_bone", "Bone window", _preset("bone"), "W 1800 L 400.", "F7", "window-level", _W, has_document,
           needs_window=True),
    Action("view.window_brain", "Brain window", _preset("brain"), "W 80 L 40.", "F8", "window-level", _W, has_document,
           needs_window=True),
    Action("view.window_auto", "Window from the image", auto_window, "From the image's values.", "F9", "window-level",
           _W, has_document, needs_window=True),
    Action("view.set_window", "Set window and level", set_window, "Numbers.", "", "", "", has_document,
           needs_window=True),
    Action("view.invert", "Invert", toggle_invert, "Black as white.", "I", "invert", _W, has_document,
           _shown("is_inverted"), needs_window=True),
    Action("view.toggle_crosshair", "Crosshair lines", toggle_crosshair, "Show or hide.", "Ctrl+H", "crosshair", "View",
           has_document, _shown("shows_crosshair"), needs_window=True),
    Action("view.toggle_fill", "Segments filled", toggle_fill, "In the slices.", "Shift+F", "fill-overlay", "View",
           has_document, _shown("shows_fill"), needs_window=True),
    Action("view.toggle_outline", "Segments outlined", toggle_outline, "In the slices.", "O", "outline", "View",
           has_document, _shown("shows_outline"), needs_window=True),
    Action("view.more_opaque", "More opaque segments", lambda session: change_opacity(session, 0.1), "In the slices.",
           "Ctrl+]", "opacity-more", "View", has_document, needs_window=True),
    Action("view.less_opaque", "Less opaque segments", lambda session: change_opacity(session, -0.1), "In the slices.",
           "Ctrl+[", "opacity-less", "View", has_document, needs_window=True),
    Action("view.slab", "Slab", slab, "Maximum intensity over 0, 10, 20, 40 mm.", "T", "slab", "View", has_document,
           needs_window=True),
    Action("view.next_time_point", "Next time point", next_time_point, "Of a 4D image.", "Ctrl+Right", "", "View",
           has_time_points, needs_window=True),
    Action("view.previous_time_point", "Previous time point", lambda session: next_time_point(session, -1),
           "Of a 4D image.", "Ctrl+Left", "", "View", has_time_points, needs_window=True),
    Action("view.toggle_slices_3d", "Slices in 3D", toggle_slices_3d, "Show the three planes.", "Shift+S", "cube",
           "View", has_document, _shown("shows_slices_in_3d"), needs_window=True),
    Action("view.toggle_surfaces_with_volume", "Surfaces in the volume", toggle_surfaces_with_volume,
           "Segments as surfaces, where 3D shows a volume.", "", "cube", "View", has_document,
           _shown("shows_surfaces_with_volume"), needs_window=True),
    Action("view.toggle_left_panel", "Left panel", _panel("left"), "Show or hide.", "F3", "panel-left", "View",
           needs_window=True),
    Action("view.toggle_right_panel", "Right panel", _panel("right"), "Show or hide.", "F4", "panel-right", "View",
           needs_window=True),
    Action("view.theme_dark", "Dark theme", _theme("dark"), "For dim rooms.", "", "moon", "View/Theme",
           needs_window=True),
    Action("view.theme_light", "Light theme", _theme("light"), "For bright rooms.", "", "sun", "View/Theme",
           needs_window=True),
    Action("view.theme_reading_room", "Reading-room theme", _theme("reading room"), "Dark and dimmed.", "", "moon",
           "View/Theme", needs_window=True),
)  # fmt: skip
