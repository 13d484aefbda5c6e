"""What the 3D view wants drawn of the volume: gathered from the session, compared by the drawing thread."""

from __future__ import annotations

from imaging.volume import Quantity
from render.cinematic.effective_look import effective_look
from render.volume_content import ContentLog
from render.volume_renderer import Frame
from render.volume_wish import CapShade, VolumeWish
from session.change import DocumentChange
from session.document import Document
from session.presentation import VolumeMode
from session.session import Session


class VolumeWishes:
    """Keeps track of the open image and its segments, and says what is to be seen of them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._log = ContentLog()

    @property
    def mode(self) -> VolumeMode:
        """What can be drawn of what was asked for: images of colours have no values, they get surfaces only."""
        document = self._session.document
        if document is None or document.volume.quantity is Quantity.COLOUR:
            return VolumeMode.SURFACES
        return self._session.presentation.state.volume_mode

    def restart(self) -> None:
        """Another document."""
        self._log.restart()

    def note(self, change: DocumentChange) -> None:
        """The document changed."""
        self._log.note(change)

    def wish(self, document: Document) -> VolumeWish | None:
        """The present wish; None when only surfaces are wanted."""
        mode = self.mode
        if mode is VolumeMode.SURFACES:
            return None
        shown, settings = self._session.presentation.state, self._session.settings
        volume = document.volumes[min(shown.time_point, len(document.volumes) - 1)]
        segmentation = document.segmentation
        look = effective_look(self._session.looks.current, shown.hidden_segments, segmentation.segments)
        inverted = volume.is_inverted != shown.is_inverted
        return VolumeWish(
            mode,
            self._log.content(volume, segmentation, document.preview),
            look,
            CapShade(shown.windowing, inverted, shown.overlay_opacity),
            str(settings["three_d.backend"]),
            int(settings["three_d.samples"]),
            bool(settings["three_d.denoise"]),
            int(settings["three_d.most_memory_mb"]),
        )

    def tell(self, frame: Frame, wish: VolumeWish | None) -> None:
        """Say in the session what a frame was drawn with."""
        notes = [frame.note] if frame.note else []
        if frame.reduction > 1:
            notes.append(f"Reduced to 1/{frame.reduction}: it would not fit the memory for it.")
        self._session.three_d.update(
            mode=wish.mode if wish is not None else VolumeMode.SURFACES,
            backend=frame.backend,
            device=frame.device,
            samples=frame.samples,
            target_samples=frame.target_samples,
            noise=frame.noise if frame.samples > 1 else None,
            note=" ".join(notes),
            denoiser=frame.denoiser,
            camera=frame.camera,
        )
