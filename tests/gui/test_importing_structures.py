"""A structure set comes into the open case; what is doubtful about it is asked first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from app.window import MainWindow
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.objects.source_series import source_without_dicom
from imaging.objects.structure_set_write import write_structure_set
from session.session import Session


@pytest.fixture
def wide(session: Session, tmp_path: Path) -> Path:
    """A structure with contours on every second slice."""
    geometry = session.open_document.segmentation.geometry
    layer = np.zeros(geometry.shape, np.uint8)
    layer[1:6, 2:8, 2:8] = 1
    path = tmp_path / "rt.dcm"
    write_structure_set(
        LabelFile(geometry, [layer], [LabelSegment("Node", None, 1)]), source_without_dicom(geometry), path
    )
    found = dcmread(path)
    del found.ROIContourSequence[0].ContourSequence[3], found.ROIContourSequence[0].ContourSequence[1]
    found.save_as(path)
    return path


@pytest.mark.parametrize("answer", [True, False])
def test_slices_between_contours_are_filled_after_a_question(
    qtbot, case_window: MainWindow, session: Session, wide: Path, monkeypatch: pytest.MonkeyPatch, answer: bool
) -> None:
    asked: list[str] = []

    def confirm(question: str, hint: str) -> bool:
        asked.append(question)
        return answer

    assert session.window is not None
    monkeypatch.setattr(session.window, "confirm", confirm)
    count = len(session.open_document.segmentation.segments)
    case_window.bridge.run("file.import_masks", path=str(wide))
    qtbot.waitUntil(lambda: bool(asked) and all(job.is_finished for job in session.jobs.jobs), timeout=60_000)
    assert "2 slices apart" in asked[0]
    if answer:
        qtbot.waitUntil(lambda: len(session.open_document.segmentation.segments) > count, timeout=60_000)
        node = session.open_document.segmentation.segments[-1]
        assert session.open_document.segmentation.voxel_count(node.number) == 5 * 36
    else:
        assert len(session.open_document.segmentation.segments) == count
