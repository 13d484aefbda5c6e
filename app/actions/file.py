"""Opening, closing, and taking things out of a case."""

from __future__ import annotations

from pathlib import Path

from app.importing import import_files, import_now
from app.opening import open_path, show_series
from app.surface_export import export_surfaces
from imaging.errors import UserError
from imaging.formats.replacing import check_replaces_none_of
from session.actions import Action
from session.exporting import check_mask_name, export_masks, frozen_labels
from session.job_end import failed
from session.jobs import Job
from session.session import Session, has_document

MASK_FILTERS = "Slicer segmentation (*.seg.nrrd);;NIfTI (*.nii.gz *.nii);;MetaImage (*.mha);;NRRD (*.nrrd)"


def open_file(session: Session, path: str = "") -> None:
    """Open a file; without a path, ask."""
    if path:
        open_path(session, Path(path))
    elif session.window is not None:
        from app.window_drop import take_in  # it knows Qt

        take_in(session, session.window.ask_open_paths())


def open_folder(session: Session) -> None:
    """Ask for a folder and open what it holds."""
    folder = session.window.ask_folder() if session.window is not None else None
    if folder is not None:
        open_path(session, folder)


def open_demo(session: Session) -> None:
    """Open the demo study; it is made when it is not there yet."""
    from app.demo_study import demo_study  # the phantom's generator is only needed here

    def make(job: Job) -> Path:
        return demo_study(session.settings.workspace(), lambda fraction: job.report(fraction))

    def made(job: Job) -> None:
        if not failed(session, job):
            open_path(session, job.result)

    session.jobs.start("Make the demo study", make, made)


def new_case(session: Session) -> None:
    """Begin a new case on the image that is open; the present one stays on disk."""
    image = session.open_document.case.images[0]
    item = next((i for i in session.shelf if i.series.id == image.series_id), None)
    if item is None:
        raise UserError("The image is not on the shelf any more.", "Open it again.")
    session.set_document(None)
    show_series(session, item.path, item.series, afresh=True)


def save_copy(session: Session, path: str = "") -> None:
    """Write a complete copy of the case; work goes on in the present one."""
    document = session.open_document
    if not document.entries:
        raise UserError("There is nothing to save yet.", "A case begins with the first change.")
    suggestion = f"{document.case.path.stem} copy.limner"
    target = _target(session, path, "Save a copy as", suggestion, "Limner case (*.limner)")
    if target is None:
        return
    if target.resolve() == document.case.path.resolve():
        raise UserError("This is the case itself.", "Choose another name; the case is saved already.")
    session.save_presentation()
    document.case.journal.copy_to(target)
    session.messages.info(f"A copy was saved as {target.name}.")


def export(session: Session, path: str = "", stack: bool = False) -> None:
    """Write the segments as a mask file; the name's ending chooses the format."""
    target = _target(session, path, "Export masks", "masks.seg.nrrd", MASK_FILTERS)
    if target is None:
        return
    check_mask_name(target)
    check_replaces_none_of(target, (place for image in session.open_document.case.images for place in image.places))
    frozen = frozen_labels(session.open_document)
    if session.window is None:
        export_masks(frozen(), target, stack=stack)
        return

    def finished(job: Job) -> None:
        if not failed(session, job):
            session.messages.info(f"The masks were written to {target.name}.")

    session.jobs.start(f"Export {target.name}", lambda job: export_masks(frozen(), target, stack=stack), finished)


def import_(session: Session, path: str = "", resample: bool = False) -> None:
    """Bring masks, measurements, windows and maps into the case; what does not quite suit it only with consent."""
    if session.window is None:
        if not path:
            raise UserError("A file name is needed.", "Give it as path=...")
        import_now(session, Path(path), consent=resample)
        return
    session.open_document.must_be_writable()
    import_files(session, [Path(path)] if path else session.window.ask_open_paths(), consent=resample)


def close(session: Session) -> None:
    """Close the case; everything is saved already."""
    session.set_document(None)


def _target(session: Session, path: str, title: str, suggestion: str, filters: str) -> Path | None:
    if path:
        return Path(path)
    if session.window is None:
        raise UserError("A file name is needed.", "Give it as path=...")
    return session.window.ask_save_path(title, suggestion, filters)


ACTIONS = (
    Action("file.open", "Open files", open_file, "Images, a zip, or a case.", "Ctrl+O", "open", "File",
           needs_window=True),
    Action("file.open_folder", "Open a folder", open_folder, "With all its series.", "Ctrl+Shift+O", "folder", "File",
           needs_window=True),
    Action("file.open_demo", "Open the demo study", open_demo, "A torso made by computation.", "", "demo", "File",
           needs_window=True),
    Action("file.new_case", "New case", new_case, "Begin afresh on this image.", "", "new", "File", has_document,
           needs_window=True),
    Action("file.save_copy", "Save a copy as", save_copy, "The case itself is always saved.", "Ctrl+Shift+S", "copy",
           "File", has_document),
    Action("file.export_masks", "Export masks", export, "NIfTI, NRRD or MetaImage.", "Ctrl+E", "export", "File",
           has_document),
    Action("file.export_surfaces", "Export surfaces", export_surfaces, "STL, OBJ, PLY, 3MF or glTF, for printing.", "",
           "export", "File", has_document),
    Action("file.import_masks", "Import masks or objects", import_,
           "Masks, or a DICOM segmentation, structure set, report, presentation state or map.", "Ctrl+I", "import",
           "File", has_document),
    Action("file.close", "Close", close, "The case is saved already.", "Ctrl+W", "x", "File", has_document,
           needs_window=True),
)  # fmt: skip
