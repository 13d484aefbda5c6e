"""What waits in the outbox is seen in the status line until it is gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_series import SeriesMaker
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest

from sync.destination import ObjectKind
from sync.dimse.send import outgoing
from sync.outbox import ItemState, Outbox
from widgets.archives_window.window import ArchivesWindow

WAIT_MS = 30_000


@pytest.fixture
def files(tmp_path: Path):
    SeriesMaker(tmp_path)(3)
    return [(outgoing(path), ObjectKind.ORIGINAL.value) for path in sorted(tmp_path.glob("*.dcm"))]


def test_it_counts_what_waits_and_leads_to_the_archives(window, qtbot, files) -> None:
    sign = window.status.outbox
    assert sign.isHidden()
    with Outbox(window.session.settings.workspace()) as outbox:
        items = outbox.put(files, "archive")
        window.session.jobs.wait(window.session.jobs.start("Send", lambda _job: None))  # every job's end is a look
        qtbot.waitUntil(lambda: sign.said.text() == "Outbox 3" and sign.isVisible(), timeout=WAIT_MS)
        outbox.mark([(items[0], ItemState.REFUSED, "Not wanted")])
        sign.look()
        qtbot.waitUntil(lambda: sign.said.text() == "Outbox 3, 1 refused", timeout=WAIT_MS)
        QTest.mouseClick(sign.said, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: window.findChild(ArchivesWindow) is not None, timeout=WAIT_MS)
        outbox.forget(items)
    archives = window.findChild(ArchivesWindow)
    archives.close()
    archives.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    sign.look()
    qtbot.waitUntil(sign.isHidden, timeout=WAIT_MS)
