"""Running a model on the open image: on all of it, on what is on the screen, or with options."""

from __future__ import annotations

from typing import Any

from imaging.errors import UserError
from render.visible_box import visible_box
from session.acceptance import accept
from session.actions import Action
from session.channels import ChannelSource, candidates, channel_names
from session.segmenting import inference_client, start_segmentation
from session.session import Session, has_document

DEFAULT_MODEL = "ct-anatomy-rules"


def run(session: Session, model: str = DEFAULT_MODEL) -> None:
    """Segment the image with a model; the result waits as a preview. On the command line it is accepted at once."""
    _start(session, model, {})


def run_visible(session: Session, model: str) -> None:
    """Run a model on the part of the image that all slice views show."""
    assert session.window is not None
    _must_take_options(model)
    geometry = session.open_document.volume.geometry
    box = visible_box(geometry, session.presentation.state, session.window.slice_view_sizes())
    if box.is_empty:
        raise UserError("Nothing of the image is on the screen.", "“Fit” shows all of it again.")
    _start(session, model, {"roi": [box.k0, box.k1, box.j0, box.j1, box.i0, box.i1]})


def run_with_options(session: Session, model: str) -> None:
    """Ask how to run a model, beginning with what was chosen the last time, and run it."""
    assert session.window is not None
    _must_take_options(model)
    name = inference_client().model(model).name
    remembered: dict[str, dict[str, Any]] = session.settings["segment.options"]
    options = session.window.ask_run_options(name, dict(remembered.get(model, {})))
    if options is None:
        return
    session.settings.set("segment.options", remembered | {model: options})
    _start(session, model, options)


def _start(session: Session, model: str, parameters: dict[str, Any]) -> None:
    """Start a run, after asking for further images where the model wants some."""
    names = channel_names(model)
    channels: list[ChannelSource] = []
    if len(names) > 1:
        if session.window is None:
            raise UserError(f"This model wants {len(names)} images.", "`limner segment --with` gives the others.")
        chosen = session.window.ask_channels(inference_client().model(model).name, names, candidates(session))
        if chosen is None:
            return
        channels = chosen
    job = start_segmentation(session, model, parameters, channels=channels)
    if session.window is None:
        session.jobs.wait(job)
        if isinstance(job.error, UserError):
            raise job.error
        if job.error is not None:
            raise RuntimeError(f"{model} failed") from job.error
        accept(session.open_document)


def _must_take_options(model: str) -> None:
    if inference_client().model(model).package is None:
        raise UserError("This model is part of Limner and takes no options.", "Run it as it is.")


ACTIONS = (
    Action("segment_image.run", "Segment automatically", run, "Run a model on this image.", "Ctrl+G", "segment",
           "Segment", has_document),
    Action("segment_image.run_visible", "Segment what is on screen", run_visible,
           "Run a model on the part of the image that all slice views show.", "", "", "", has_document,
           needs_window=True),
    Action("segment_image.run_with_options", "Segment with options", run_with_options,
           "Choose device, precision, backend, averaging over flips, a map of doubt.", "", "", "", has_document,
           needs_window=True),
)  # fmt: skip
