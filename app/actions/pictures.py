"""The 3D view as a picture or movie in a file, and any view on the clipboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from imaging.errors import UserError
from imaging.volume import Quantity
from session.actions import Action
from session.export_choice import ExportChoice, remember, remembered, size_px
from session.job_end import failed
from session.jobs import Cancelled, Job
from session.movie_keys import current_view
from session.presentation import VolumeMode
from session.session import Session, has_document
from session.window_services import WindowServices

if TYPE_CHECKING:
    from app.pictures.manner import Manner
    from app.pictures.window_view import Way

FILTERS = {
    "png": "PNG (*.png)",
    "tif": "TIFF (*.tif *.tiff)",
    "dcm": "DICOM (*.dcm)",
    "mp4": "MP4 (*.mp4)",
}
ENDINGS = {"tif": (".tif", ".tiff")}


def export_picture(session: Session) -> None:
    """Ask how, and write what the 3D view shows."""
    window = _window(session)
    choice = _asked(session, window, "picture")
    path = _picture_path(window, choice) if choice is not None else None
    if choice is None or path is None:
        return
    from app.pictures.output import check_output
    from app.pictures.window_view import seen, write_seen

    check_output(path, is_transparent=choice.is_transparent)
    what, manner = seen(session, has_crosshair=choice.has_crosshair), _manner(session, window, choice)
    _start(session, path.name, lambda job: write_seen(what, manner, path, job.report, lambda: not job.is_cancelled))


def export_movie(session: Session) -> None:
    """Ask how, and write a movie in which the 3D view turns round or goes along key frames."""
    window = _window(session)
    choice = _asked(session, window, "movie")
    path = _movie_path(window, choice) if choice is not None else None
    if choice is None or path is None:
        return
    from app.pictures.filming import check_movie_name
    from app.pictures.window_view import film_seen, seen

    check_movie_name(path)
    way = _way(session, choice)
    what, manner = seen(session, has_crosshair=choice.has_crosshair), _manner(session, window, choice)

    def work(job: Job) -> None:
        film_seen(what, manner, path, way, choice.fps, job.report, lambda: not job.is_cancelled)

    _start(session, path.name, work)


def add_key_frame(session: Session) -> None:
    """Keep what the 3D view shows as the next key frame of a movie."""
    view = current_view(session)
    if view is None:
        raise UserError("The 3D view shows nothing yet.", "Wait for its first picture.")
    session.movie_keys.add(view)
    count = len(session.movie_keys.views)
    session.messages.info(f"The view is key frame {count}.", "“Export a movie” lists them.")


def _way(session: Session, choice: ExportChoice) -> Way:
    """Where the camera goes.

    Raises:
        UserError: there are too few key frames, or too many frames.
    """
    from app.pictures.filming import MOST_FRAMES
    from app.pictures.window_view import Way

    views = session.movie_keys.views if choice.way == "keys" else ()
    if choice.way == "keys" and len(views) < 2:
        raise UserError("A movie along key frames needs two of them.", "Turn the view and add it to the list.")
    seconds = choice.step_seconds * (len(views) - 1) if views else choice.seconds
    frames = max(2, round(seconds * choice.fps))
    if frames > MOST_FRAMES:
        raise UserError(f"A movie of {seconds:g} seconds is too long.", f"At most {MOST_FRAMES} frames.")
    return Way(frames, views)


def copy_picture(session: Session) -> None:
    """Put the active view's picture on the clipboard; a cinematic one with its mark."""
    view = session.selection.state.active_view
    is_marked = view == "3d" and _mode(session) is VolumeMode.CINEMATIC
    if not _window(session).copy_picture(view, is_marked=is_marked):
        raise UserError("There is no picture to copy.", "Click into a view first.")
    session.messages.info("The picture is on the clipboard.")


def _asked(session: Session, window: WindowServices, kind: str) -> ExportChoice | None:
    """What the person chose; it is remembered."""
    key = f"export.{kind}"
    is_cinematic = _mode(session) is VolumeMode.CINEMATIC
    choice = window.ask_export(kind, is_cinematic=is_cinematic, choice=remembered(session.settings, key))
    if choice is not None:
        remember(session.settings, key, choice)
    return choice


def _picture_path(window: WindowServices, choice: ExportChoice) -> Path | None:
    filters = FILTERS[choice.format]
    path = window.ask_save_path("Export a picture", f"picture.{choice.format}", filters)
    known = ENDINGS.get(choice.format, (f".{choice.format}",))
    if path is None or path.suffix.lower() in known:
        return path
    return path.with_name(f"{path.name}.{choice.format}")


def _movie_path(window: WindowServices, choice: ExportChoice) -> Path | None:
    if choice.format == "mp4":
        path = window.ask_save_path("Export a movie", "movie.mp4", FILTERS["mp4"])
        return path if path is None or path.suffix.lower() == ".mp4" else path.with_name(f"{path.name}.mp4")
    folder = window.ask_folder()
    return folder / "frames" if folder is not None else None


def _manner(session: Session, window: WindowServices, choice: ExportChoice) -> Manner:
    """How it is drawn.

    Raises:
        UserError: the view is too small for its own size, or there is no OpenGL where it is needed.
    """
    from app.pictures.manner import Manner, need_opengl
    from render.cinematic.stamp import Corner
    from render.still import Backend, chosen_backend

    mode, size = _mode(session), size_px(choice, window.view_size("3d"))
    backend = Backend(str(session.settings["three_d.backend"]))
    if mode is VolumeMode.CINEMATIC:
        backend = chosen_backend(backend)
    else:
        need_opengl()
    corner = Corner(choice.mark.replace("-", " "))
    denoises, most_mb = bool(session.settings["three_d.denoise"]), int(session.settings["three_d.most_memory_mb"])
    return Manner(mode, size, backend, choice.samples, choice.is_transparent, corner, denoises, most_mb)


def _mode(session: Session) -> VolumeMode:
    """How the 3D view is drawn; images of colours have no values."""
    is_colour = session.document is not None and session.open_document.volume.quantity is Quantity.COLOUR
    return VolumeMode.SURFACES if is_colour else session.presentation.state.volume_mode


def _start(session: Session, name: str, work: Callable[[Job], None]) -> None:
    """Draw and write as a job."""

    def stoppable(job: Job) -> None:
        from render.still import Stopped

        try:
            work(job)
        except Stopped:
            raise Cancelled from None

    def finished(job: Job) -> None:
        if not failed(session, job):
            session.messages.info(f"{name} was written.")

    session.jobs.start(f"Export {name}", stoppable, finished)


def _window(session: Session) -> WindowServices:
    if session.window is None:
        raise UserError("This needs the window.", "`limner render` and `limner movie` write pictures without one.")
    return session.window


ACTIONS = (
    Action("file.export_picture", "Export a picture", export_picture, "Of the 3D view, up to 8K: PNG, TIFF, DICOM.", "",
           "image", "File", has_document, needs_window=True),
    Action("file.export_movie", "Export a movie", export_movie, "The 3D view in motion: MP4, or PNG frames.", "",
           "cinematic", "File", has_document, needs_window=True),
    Action("view.add_key_frame", "Add a key frame", add_key_frame, "The 3D view, for a movie along key frames.",
           "Ctrl+Shift+K", "add", "View", has_document, needs_window=True),
    Action("file.copy_picture", "Copy the picture", copy_picture, "The active view's, to the clipboard.",
           "Ctrl+Shift+C", "copy", "File", has_document, needs_window=True),
)  # fmt: skip
