"""The way of a movie along key frames, shown in the 3D view before anything is drawn for the file."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, QTimer

from session.job_end import failed
from session.jobs import Job
from session.movie_keys import KeyView
from session.presentation import VolumeCamera
from session.session import Session

FRAME_MS = 40
FPS = 25


class PathPreview(QObject):
    """Moves the 3D view's camera along the way; looks stay as they are. At the end the camera is where it was.

    Where frames take longer than ``FRAME_MS``, some are left out: the pace is that of the movie.
    """

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._cameras: list[VolumeCamera] = []
        self._before: VolumeCamera | None = None
        self._is_wanted = False
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._move)

    @property
    def is_running(self) -> bool:
        """True while the camera moves."""
        return self._timer.isActive()

    def toggle(self, views: tuple[KeyView, ...], seconds: float) -> None:
        """Begin, or stop what was begun; ``seconds`` is the length of the movie."""
        if self._is_wanted:
            self.stop()
            return
        self._is_wanted = True
        count = max(2, round(seconds * FPS))
        self._session.jobs.start("Preview the way", lambda _job: cameras_along(views, count), self._begin)

    def stop(self) -> None:
        """End, and put the camera back."""
        self._is_wanted = False
        if self._timer.isActive():
            self._timer.stop()
            self._session.presentation.update(volume_camera=self._before)

    def _begin(self, job: Job) -> None:
        if failed(self._session, job) or not self._is_wanted or self._session.document is None:
            return
        self._cameras = job.result
        self._before = self._session.presentation.state.volume_camera
        self._clock.start()
        self._timer.start()

    def _move(self) -> None:
        place = round(self._clock.elapsed() * FPS / 1000)
        if place >= len(self._cameras) or self._session.document is None:
            self.stop()
        else:
            self._session.presentation.update(volume_camera=self._cameras[place])


def cameras_along(views: tuple[KeyView, ...], count: int) -> list[VolumeCamera]:
    """The cameras of a movie's frames."""
    from render.movie_path import KeyFrame, KeyFrames  # with scipy

    keys = KeyFrames(tuple(KeyFrame(view.camera, view.look) for view in views))
    return [moment.camera for moment in keys.moments(views[0].look, count)]
