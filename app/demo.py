"""``python3 dev.py demo``: the whole main job on the demo study, with a report; no display and no network needed."""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.actions import declare_all
from app.demo_report import Measured, write_report
from app.demo_strokes import correct_with_brush
from app.demo_study import demo_study, demo_truth
from imaging.formats.label_file import LabelFile
from imaging.phantom.labels import GROUPS, NAMES
from imaging.segmentation import Segmentation
from imaging.volume import Voxels
from render.picture_files import write_picture
from render.pictures import surfaces_picture
from render.slice_pictures import slice_picture
from session.acceptance import accept
from session.document import Document
from session.exporting import export_masks, labels_of
from session.opening import new_document, note_pixel_hash, open_case, read_images
from session.presentation import Plane, Windowing
from session.reading import choose_series
from session.segmenting import preview_of, segment_now
from session.session import Session

MODEL = "ct-anatomy-rules"
TRUTH_GROUPS = {
    "Body": "body",
    "Left lung": "lung_left",
    "Right lung": "lung_right",
    "Airways": "airways",
    "Skeleton": "skeleton",
    "Subcutaneous fat": "subcutaneous_fat",
    "Visceral fat": "visceral_fat",
}
CORRECTED = "Skeleton"


@dataclass
class Step:
    """One step of the demo as the report shows it."""

    title: str
    seconds: float = 0.0
    peak_mb: float = 0.0
    notes: list[str] = field(default_factory=list)


class Demo:
    """Runs the steps and keeps what they measured.

    Args:
        folder: everything is written below it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.steps: list[Step] = []
        self.before: list[Measured] = []
        self.after: list[Measured] = []

    def run(self) -> Path:
        """Do it all; returns the report's path."""
        case = self.folder / "demo.limner"
        for old in (case, *self.folder.glob("demo.limner-*")):
            old.unlink(missing_ok=True)
        with self._step("Make the demo study (computed torso CT, written as a DICOM series)"):
            study = demo_study(self.folder / "workspace")
        with self._step("Open it") as step:
            images = read_images(study, choose_series(study, None))
            k, j, i = images.volumes[0].geometry.shape
            step.notes.append(f"{i} × {j} × {k} voxels")
        truth = demo_truth(study)
        document = new_document(images, case, author="demo")
        self._segment(document)
        self.before = measured(document.segmentation, truth)
        self._correct(document, truth)
        self.after = measured(document.segmentation, truth)
        self._save_and_reopen(document, case)
        return self._show(case, truth)

    def _segment(self, document: Document) -> None:
        with self._step("Segment it automatically, in the worker process") as step:
            result = segment_now(document.volume, MODEL)
            step.notes.append(f"worker: {result.peak_rss_mb:.0f} MB at most")
            step.notes += [f"{stage} {seconds:.1f} s" for stage, seconds in result.seconds.items()]
        with self._step("Accept the result") as step:
            document.set_preview(preview_of(result, document.segmentation.geometry))
            accept(document)
            document.case.journal.flush()

    def _correct(self, document: Document, truth: LabelFile) -> None:
        with self._step(f"Correct “{CORRECTED}” with the brush") as step:
            session = Session()
            declare_all(session)
            session.set_document(document)
            target = truth_mask(truth, TRUTH_GROUPS[CORRECTED])
            strokes = correct_with_brush(session, CORRECTED, target)
            step.notes.append(f"{strokes} strokes")
            arrange(session)

    def _save_and_reopen(self, document: Document, case: Path) -> None:
        with self._step("Close the case, open it again, undo and redo everything, check the hash chain") as step:
            note_pixel_hash(document)
            masks = [layer.copy() for layer in document.segmentation.layers]
            document.close()
            again = open_case(case, author="demo")
            entries = len(again.entries)
            last = again.case.timeline.undo_target or 0
            again.go_to(0)
            again.go_to(last)
            same = all(np.array_equal(a, b) for a, b in zip(masks, again.segmentation.layers, strict=True))
            whole = again.case.verify().is_ok
            again.close()
            if not (same and whole):
                raise RuntimeError("the reopened case differs from the one that was closed")
            step.notes.append(f"{entries} entries, case file {case.stat().st_size / 1e6:.1f} MB")

    def _show(self, case: Path, truth: LabelFile) -> Path:
        document = open_case(case, author="demo", read_only=True)
        try:
            with self._step("Export the masks"):
                export_masks(labels_of(document.segmentation), self.folder / "masks.seg.nrrd")
                export_masks(labels_of(document.segmentation), self.folder / "masks.nii.gz", stack=True)
            with self._step("Draw the pictures"):
                pictures = draw(document, self.folder / "pictures")
        finally:
            document.close()
        return write_report(self.folder, self.steps, self.before, self.after, pictures, CORRECTED)

    @contextmanager
    def _step(self, title: str) -> Iterator[Step]:
        step = Step(title)
        began = time.perf_counter()
        yield step
        step.seconds = time.perf_counter() - began
        step.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self.steps.append(step)
        print(f"{step.seconds:7.1f} s  {title}", flush=True)


def arrange(session: Session) -> None:
    """How the case opens in the window: at the height of the heart, without what would cover the rest."""
    document = session.open_document
    k, j, i = (float(n) for n in document.segmentation.geometry.shape)
    x, y, z = (float(v) for v in document.segmentation.geometry.to_world([i * 0.52, j * 0.45, k * 0.62]))
    covering = {s.number for s in document.segmentation.segments if s.encloses or "fat" in s.name}
    session.presentation.update(
        crosshair_mm=(x, y, z), hidden_segments=frozenset(covering), windowing=Windowing(40, 400)
    )
    session.save_presentation()


def truth_mask(truth: LabelFile, group: str) -> Voxels:
    """The voxels of a structure or a group of structures in the phantom's truth."""
    members = GROUPS.get(group, (group,))
    return np.isin(truth.layers[0], [NAMES[name] for name in members])


def measured(segmentation: Segmentation, truth: LabelFile) -> list[Measured]:
    """Volume and Dice of every segment."""
    rows = []
    for segment in segmentation.segments:
        mask, target = segmentation.mask(segment.number), truth_mask(truth, TRUTH_GROUPS[segment.name])
        common, ours, theirs = (int(np.count_nonzero(m)) for m in (mask & target, mask, target))
        dice = 2 * common / max(1, ours + theirs)
        target_ml = theirs * segmentation.geometry.voxel_volume_ml
        rows.append(
            Measured(segment.name, segmentation.volume_ml(segment.number), target_ml, float(dice), segment.color)
        )
    return rows


def draw(document: Document, folder: Path) -> list[tuple[str, Path]]:
    """Three slices with overlays and the surfaces; returns captions and files."""
    folder.mkdir(parents=True, exist_ok=True)
    segmentation = document.segmentation
    hidden = frozenset(s.number for s in segmentation.segments if s.name == "Body")
    k, j, i = (float(n) for n in segmentation.geometry.shape)
    position = segmentation.geometry.to_world([i / 2, j / 2, k * 0.62])
    pictures = []
    for plane in Plane:
        picture = slice_picture(document.volume, segmentation, plane, position, (720, 720), Windowing(40, 400), hidden)
        pictures.append((plane.value.capitalize(), folder / f"{plane.value}.png"))
        write_picture(picture, pictures[-1][1])
    fat = {s.number for s in segmentation.segments if "fat" in s.name}
    for direction in ("anterior", "left"):
        picture = surfaces_picture(segmentation, (720, 720), direction, hidden | fat)
        pictures.append((f"Surfaces, {direction}", folder / f"surfaces_{direction}.png"))
        write_picture(picture, pictures[-1][1])
    return pictures


def main(argv: list[str] | None = None) -> int:
    """Run the demo; open the window on the case where there is a display."""
    parser = argparse.ArgumentParser(prog="dev.py demo", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("demo"), help="folder for the case, the masks and the report")
    parser.add_argument("--no-window", action="store_true", help="do not open the window at the end")
    arguments = parser.parse_args(argv)
    arguments.out.mkdir(parents=True, exist_ok=True)
    demo = Demo(arguments.out.resolve())
    report = demo.run()
    print(f"Report: {report}")
    has_display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if has_display and not arguments.no_window:
        return subprocess.call([sys.executable, "-m", "app.main", str(demo.folder / "demo.limner")])
    return 0


if __name__ == "__main__":
    sys.exit(main())
