"""The models of the workspace: shown, added, trusted, tried, removed; and many images through one of them."""

from __future__ import annotations

from session.actions import Action
from session.model_work import start_adding, start_fetching, start_removing, start_trial, start_trusting
from session.models import model_store
from session.session import Session

MIB = 2**20


def show(session: Session, model: str = "") -> None:
    """Show the store of models, and one of them."""
    assert session.window is not None
    session.window.show_models(model)


def add(session: Session, source: str = "") -> None:
    """Add a model from a folder, a zip, a .ts or .onnx file, or an address; without one, show where to choose it."""
    assert session.window is not None
    if not source.strip():
        session.window.show_models("")
        return
    start_adding(session, source.strip(), session.window.ask_model_consent)


def remove(session: Session, model: str) -> None:
    """Remove a model, after asking."""
    assert session.window is not None
    stored = model_store(session.settings).model(model)
    size = f" ({stored.record.size_bytes / MIB:.1f} MB)" if stored.record else ""
    if session.window.confirm(f"Remove the model {model}{size}?", "Its files are deleted; results stay."):
        start_removing(session, model)


def fetch(session: Session, model: str) -> None:
    """Fetch the weights that a model lacks."""
    start_fetching(session, model)


def test(session: Session, model: str) -> None:
    """Check a model's files, and run it on a small made-up image."""
    start_trial(session, model)


def trust(session: Session, model: str) -> None:
    """Let a model's own code run."""
    start_trusting(session, model)


def show_batch(session: Session, model: str = "") -> None:
    """Show the queue of images that are to be segmented."""
    assert session.window is not None
    session.window.show_batch(model)


ACTIONS = (
    Action("models.show", "Models", show, "Add, trust, test and remove models.", "", "models", "Segment",
           needs_window=True),
    Action("models.add", "Add a model", add, "From a folder, a zip, a .ts or .onnx file, or an address.", "", "", "",
           needs_window=True),
    Action("models.remove", "Remove a model", remove, "From the store.", "", "", "", needs_window=True),
    Action("models.fetch", "Fetch a model's weights", fetch, "From where the model says that they are.", "", "", "",
           needs_window=True),
    Action("models.test", "Test a model", test, "Its files, and a run on a small made-up image.", "", "", "",
           needs_window=True),
    Action("models.trust", "Trust a model's code", trust, "So that it may run.", "", "", "", needs_window=True),
    Action("segment_many.show", "Segment many…", show_batch, "A queue of images for a model, now or overnight.", "",
           "queue", "Segment", needs_window=True),
)  # fmt: skip
