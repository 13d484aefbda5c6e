"""Exporting surfaces from the window and from ``limner run``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imaging.errors import UserError
from imaging.formats.label_file import LabelFile
from session.exporting import labels_of
from session.job_end import failed
from session.jobs import Job
from session.session import Session
from session.surface_wishes import SurfaceWishes, chosen_labels, keep_wishes, kept_wishes, names_for

if TYPE_CHECKING:
    from render.surface_export.parts import Part  # VTK and Numba are not needed before

FILTERS = {
    "3mf": "3MF (*.3mf)", "stl": "STL (*.stl)", "obj": "OBJ (*.obj)", "ply": "PLY (*.ply)", "glb": "glTF (*.glb)",
    "gltf": "glTF (*.gltf)",
}  # fmt: skip


def export_surfaces(
    session: Session, path: str = "", segments: str = "", smooth: int = 20, triangles: int = 200_000
) -> None:
    """Write segments as surfaces; the name's ending chooses the format. Without a path, ask how and where."""
    from render.surface_export.parts import require_thickness

    labels = labels_of(session.open_document.segmentation)
    require_thickness(labels.geometry)  # before anything is asked
    if path:
        wishes = SurfaceWishes("all", smoothing=smooth, triangles=triangles)
        names = segments.split(",") if segments else None
        _start(session, labels, Path(path), wishes, names=names, per_segment=None)
        return
    if session.window is None:
        raise UserError("A file name is needed.", "Give it as path=...")
    asked = session.window.ask_surface_wishes(kept_wishes(session), names_for(session))
    if asked is None:
        return
    keep_wishes(session, asked)
    target = session.window.ask_save_path("Export surfaces", f"surfaces.{asked.format}", FILTERS[asked.format])
    if target is None:
        return
    if target.suffix.lower().lstrip(".") not in FILTERS:
        target = target.with_name(f"{target.name}.{asked.format}")
    labels = chosen_labels(session, labels, asked.which)
    if _may_replace(session, labels, target, per_segment=asked.per_segment):
        _start(session, labels, target, asked, names=None, per_segment=asked.per_segment)


def _may_replace(session: Session, labels: LabelFile, target: Path, *, per_segment: bool) -> bool:
    """Ask about files that the save dialog did not see: it asked only about the name that was typed."""
    from render.surface_export.files import planned_files

    planned = planned_files([s.name for s in labels.segments], target, per_segment=per_segment)
    present = [file.name for file in planned if file != target and file.exists()]
    if not present or session.window is None:
        return True
    listed = ", ".join(present[:3]) + (", ..." if len(present) > 3 else "")
    return session.window.confirm("Replace files that are there already?", f"In {target.parent}: {listed}")


def _start(
    session: Session,
    labels: LabelFile,
    target: Path,
    wishes: SurfaceWishes,
    *,
    names: list[str] | None,
    per_segment: bool | None,
) -> None:
    from render.surface_export.files import check_surface_name, write_surfaces
    from render.surface_export.parts import make_parts

    check_surface_name(target)
    snapshot = session.open_document.snapshot()

    def work(job: Job | None) -> list[Part]:
        report = None if job is None else job.report
        still = LabelFile(labels.geometry, snapshot.layers(), labels.segments)  # work goes on
        parts = make_parts(still, names, smoothing=wishes.smoothing, triangles=wishes.triangles, report=report)
        if report is not None:
            report(1.0, target.name)  # the last place to stop
        write_surfaces(parts, target, per_segment=per_segment)
        return parts

    def finished(job: Job) -> None:
        if not failed(session, job):
            session.messages.info(_written(job.result, target.name))

    if session.window is None:
        work(None)
    else:
        session.jobs.start(f"Export {target.name}", work, finished)


def _written(parts: Sequence[Part], name: str) -> str:
    most = max(parts, key=lambda part: abs(part.change_percent))
    leaky = [part.name for part in parts if not part.check.is_watertight]
    text = f"Surfaces were written to {name}. Volumes changed by {most.change_percent:+.1f} % at most ({most.name}). "
    return text + (f"NOT watertight: {', '.join(leaky)}." if leaky else "All are watertight.")
