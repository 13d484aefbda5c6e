"""How the case is shown is kept beside its journal without anybody closing anything."""

from __future__ import annotations

import json

from imaging.edit import UpdateSegment


def test_the_view_is_kept_a_moment_after_it_changed(qtbot, case_window) -> None:
    session = case_window.session
    session.open_document.apply(UpdateSegment(1, {"name": "x"}), title="rename", tool="t")
    session.presentation.update(overlay_opacity=0.77)
    journal = session.open_document.case.journal

    def is_kept() -> bool:
        text = journal.read_state("presentation")
        return text is not None and json.loads(text)["overlay_opacity"] == 0.77

    qtbot.waitUntil(is_kept, timeout=10_000)
