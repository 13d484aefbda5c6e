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
    info = inference_client().model(model)
    remembered: dict[str, dict[str, Any]] = session.settings["segment.options"]
    options = session.window.ask_run_options(info.name, dict(remembered.get(model, {})), info.structures)
    if options is None:
        return
    session.settings.set("segment.options", remembered | {model: options})
    _start(session, model, options)


def run_fast(session: Session, model: str) -> None:
    """Run the faster variant of a program's task."""
    _start(session, model, {"fast": True})


def run_stock(session: Session, model: str) -> None:
    """Run a bundle's own workflow instead of our engine, after saying what that means."""
    assert session.window is not None
    name = inference_client().model(model).name
    hint = (
        "Its memory is not planned, its progress is not seen, and it takes no options. Its result waits as any other."
    )
    if session.window.confirm(f"Run {name} with MONAI's own workflow?", hint):
        _start(session, model, {"stock": True})


def _with_consent(session: Session, model: str, parameters: dict[str, Any]) -> dict[str, Any] | None:
    """Ask whether a program may fetch its weights, where they are not known to be here; None to run nothing."""
    task = inference_client().model(model).external
    if task is None or session.window is None:
        return parameters
    from inference.external.listing import network_question

    question, is_needed = network_question(task, fast=parameters.get("fast") is True)
    if not question:
        return parameters
    options = [] if is_needed else [("offline", "Run without network")]
    options.append(("network", "Allow it for this run"))
    answer = session.window.ask_choice(inference_client().model(model).name, question, options)
    return None if answer is None else parameters | {"network": answer == "network"}


def _start(session: Session, model: str, wanted: dict[str, Any]) -> None:
    """Start a run, after asking for further images where the model wants some; one that takes clicks waits for them."""
    if session.window is not None and "stock" not in wanted and session.clicking.choose(model, wanted):
        return
    parameters = _with_consent(session, model, wanted)
    if parameters is None:
        return
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
    info = inference_client().model(model)
    if info.package is None:
        kind = "is a program of its own" if info.is_external else "is part of Limner"
        raise UserError(f"This model {kind} and takes no options.", "Run it as it is.")


ACTIONS = (
    Action("segment_image.run", "Segment automatically", run, "Run a model on this image.", "Ctrl+G", "segment",
           "Segment", has_document),
    Action("segment_image.run_visible", "Segment what is on screen", run_visible,
           "Run a model on the part of the image that all slice views show.", "", "", "", has_document,
           needs_window=True),
    Action("segment_image.run_with_options", "Segment with options", run_with_options,
           "Choose device, precision, backend, averaging over flips, maps beside the labels.", "", "", "", has_document,
           needs_window=True),
    Action("segment_image.run_fast", "Segment with the faster variant", run_fast,
           "Of a program that is installed on its own.", "", "", "", has_document),
    Action("segment_image.run_stock", "Segment with MONAI's own workflow", run_stock,
           "For bundles with steps that Limner's engine does not know.", "", "", "", has_document, needs_window=True),
)  # fmt: skip
