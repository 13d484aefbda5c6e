"""Working with a model by clicks: which model, what was clicked, and the run that follows; the newest run counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import psygnal

from imaging.errors import UserError
from session.clicks import Click, ClickedModel, ClickSet, Point, clicked_model, prompts_of, voxel_of, what_is_missing
from session.document import Document
from session.jobs import Job, JobState
from session.selection import SelectionState, Tool

if TYPE_CHECKING:
    from session.model_plans import ModelPlans
    from session.session import Session

QUICK_S = 5.0  # a model that takes no longer runs at each click, unless somebody says otherwise
PATIENCE_S = 10.0  # so long a run that was given up may compute on, for its worker is needed at once by the next one
PLAIN = {"backend": "torch", "precision": "fp32"}  # for quick runs: finding a faster way would take longer than they do
FIRST_NAME = "Structure"
NOTHING = ClickSet()


@dataclass(frozen=True)
class ClickingState:
    """Where the work with clicks is.

    Attributes:
        model: which model; None while none is chosen.
        given: what the person has said.
        active: the structure that clicks are about; empty for none.
        draft: a click that is still being placed.
        runs_at_once: whether each click runs the model, as the person said; None: as the expected time says.
        expected_s: how long a run takes; None where nobody knows.
        job: the run that is going on.
    """

    model: ClickedModel | None = None
    given: ClickSet = NOTHING
    active: str = ""
    draft: Click | None = None
    runs_at_once: bool | None = None
    expected_s: float | None = None
    job: Job | None = None

    @property
    def is_live(self) -> bool:
        """True when each click runs the model."""
        if self.runs_at_once is not None:
            return self.runs_at_once
        return self.expected_s is not None and self.expected_s < QUICK_S

    @property
    def missing(self) -> str:
        """Why the model cannot run yet; empty when it can."""
        return "" if self.model is None else what_is_missing(self.model, self.given)


class _Run:
    """One run: whether a newer one has taken its place."""

    def __init__(self) -> None:
        self.is_given_up = False

    def grace_s(self) -> float:
        from inference.worker.exchange import usual_grace_s

        return PATIENCE_S if self.is_given_up else usual_grace_s()


class Clicking:
    """Follows the open document; clicks are forgotten with it, and with the model.

    Args:
        session: whose document.
    """

    changed = psygnal.Signal(ClickingState, ClickingState)  # before, after

    def __init__(self, session: Session) -> None:
        self.state = ClickingState()
        self._session = session
        self._parameters: dict[str, Any] = {}
        self._run: _Run | None = None
        self._plans: ModelPlans | None = None
        session.document_replaced.connect(lambda _document: self.leave())
        session.selection.changed.connect(self._selection_changed)

    # The model

    def choose(self, model_id: str, parameters: Mapping[str, Any] | None = None) -> bool:
        """Begin to work with a model, with the click tool; what was clicked for another one is forgotten.

        Args:
            model_id: of the store.
            parameters: of its runs, beside the prompts.

        Returns:
            False where the model takes no clicks, and nothing has changed.
        """
        model = self._model(model_id)
        if model is None:
            return False
        self._parameters = dict(parameters or {})
        if self.state.model != model:
            self._give_up()
            structures = () if model.may_choose else model.names
            self._set(ClickingState(model, ClickSet(structures), structures[0] if structures else ""))
            self._ask_for_plan(model)
        self._session.selection.update(tool=Tool.CLICK, measurement_number=None)
        self._choose_selected()
        return True

    def leave(self) -> None:
        """End the work with clicks; a result that waits stays."""
        self._give_up()
        self._set(ClickingState())
        if self._session.selection.state.tool is Tool.CLICK:
            self._session.selection.update(tool=Tool.CROSSHAIR)

    # What is said

    def activate(self, name: str) -> None:
        """Clicks are about this structure from now on."""
        if name in self.state.given.structures:
            self._set(replace(self.state, active=name))

    def add(self, name: str) -> None:
        """Choose a structure by its name; one that the model does not know must be new to it.

        Raises:
            UserError: the model takes no structures that it was not taught.
        """
        model, name = self._must_have_model(), name.strip()
        known = next((one for one in model.names if one.casefold() == name.casefold()), "")
        if not known and not model.may_add:
            raise UserError(f"{model.title} knows no “{name}”.", f"It knows {', '.join(model.names[:20])}.")
        chosen = known or name or self._free_name()
        there = next((one for one in self.state.given.structures if one.casefold() == chosen.casefold()), "")
        if there:
            self.activate(there)
            return
        given = replace(self.state.given, structures=(*self.state.given.structures, chosen))
        self._set(replace(self.state, given=given, active=chosen))
        if model.knows(chosen):
            self._run_if_live()

    def remove(self, name: str) -> None:
        """Leave a structure out, with its clicks."""
        model = self._must_have_model()
        if not (model.may_choose or model.may_add):
            return
        given = self.state.given.without_structure(name)
        active = self.state.active if self.state.active != name else (given.structures or ("",))[-1]
        self._set(replace(self.state, given=given, active=active))
        self._run_if_live()

    def place(self, position_mm: Point, *, is_inside: bool) -> None:
        """Show where a click would be; outside of the image there is none. Without a structure, one is added."""
        model = self._must_have_model()
        if voxel_of(self._session.open_document.volume.geometry, position_mm) is None:
            return
        if not self.state.active:
            if not model.may_add:
                raise UserError("Choose a structure first.", "The field in the panel at the right finds it by name.")
            self.add("")
        self._set(replace(self.state, draft=Click(self.state.active, position_mm, is_inside)))

    def set_down(self) -> None:
        """The click stays where it was placed; where runs are quick, the model runs."""
        draft = self.state.draft
        if draft is not None:
            self._set(replace(self.state, draft=None, given=self.state.given.with_click(draft)))
            self._run_if_live()

    def drop(self) -> None:
        """The click that is being placed is none."""
        self._set(replace(self.state, draft=None))

    def undo(self) -> None:
        """Take the last click back."""
        if self.state.given.clicks:
            self._say(self.state.given.without_last())

    def redo(self) -> None:
        """Bring the click back that was taken back last."""
        if self.state.given.undone:
            self._say(self.state.given.with_undone())

    def remove_click(self, click: Click) -> None:
        """Take one click back."""
        if click in self.state.given.clicks:
            self._say(self.state.given.without(click))

    def clear(self) -> None:
        """Forget all clicks, and the structures that somebody chose."""
        model = self._must_have_model()
        self._give_up()
        structures = () if model.may_choose else model.names
        given = ClickSet(structures, only_around=self.state.given.only_around)
        self._set(replace(self.state, given=given, active=structures[0] if structures else "", draft=None))

    def set_only_around(self, only_around: bool) -> None:
        """Look near clicks alone, or everywhere."""
        if only_around != self.state.given.only_around:
            self._say(replace(self.state.given, only_around=only_around))

    def set_runs_at_once(self, runs: bool) -> None:
        """Whether each click runs the model."""
        self._set(replace(self.state, runs_at_once=runs))

    @property
    def can_undo(self) -> bool:
        """True while it is the click tool's turn and there is a click."""
        return self._session.selection.state.tool is Tool.CLICK and bool(self.state.given.clicks)

    @property
    def can_redo(self) -> bool:
        """True while it is the click tool's turn and a click was taken back."""
        return self._session.selection.state.tool is Tool.CLICK and bool(self.state.given.undone)

    # Running

    def run(self) -> None:
        """Run the model on what there is; a run that goes on is given up.

        Raises:
            UserError: something is missing.
        """
        from session.segmenting import start_segmentation  # it knows the session

        model, document = self._must_have_model(), self._session.open_document
        if self.state.missing:
            raise UserError(self.state.missing)
        prompts, names = prompts_of(model, self.state.given, document.volume.geometry)
        self._give_up()
        run = self._run = _Run()

        def done(job: Job) -> None:
            self._finish(run, job, document)

        parameters = self._parameters | {"prompts": prompts}
        if self.state.expected_s is not None and self.state.expected_s < QUICK_S:
            parameters = PLAIN | parameters
        job = start_segmentation(
            self._session, model.id, parameters, done, names=names, options={"grace_s": run.grace_s}
        )
        if self._run is run:  # without an event loop it is over already
            self._set(replace(self.state, job=None if job.is_finished else job))

    def stop(self) -> None:
        """Stop the run that is going on."""
        if self.state.job is not None:
            self.state.job.cancel()

    def _finish(self, run: _Run, job: Job, document: Document) -> None:
        if run is not self._run or run.is_given_up:
            return
        self._run = None
        expected = self.state.expected_s
        if job.state is JobState.DONE:
            expected = job.seconds
            preview, model = document.preview, self.state.model
            if not job.result.labels and preview is not None and model is not None and _is_of(preview, model):
                document.set_preview(None)  # of clicks that were others
        self._set(replace(self.state, job=None, expected_s=expected))

    def _give_up(self) -> None:
        if self._run is not None:
            self._run.is_given_up = True
            self._run = None
        if self.state.job is not None:
            self.state.job.cancel()
            self._set(replace(self.state, job=None))

    def _run_if_live(self) -> None:
        """Run where each click does that; what keeps it from running is told."""
        if not self.state.is_live or self.state.missing:
            return
        try:
            self.run()
        except UserError as error:
            self._session.messages.error(error)

    # The rest

    def _say(self, given: ClickSet) -> None:
        self._set(replace(self.state, given=given))
        self._run_if_live()

    def _model(self, model_id: str) -> ClickedModel | None:
        from inference.catalogue import BUILT_IN
        from session.models import model_store

        if any(info.id == model_id for info in BUILT_IN):
            return None
        stored = next((one for one in model_store(self._session.settings).models() if one.id == model_id), None)
        return None if stored is None or stored.description is None else clicked_model(model_id, stored.description)

    def _ask_for_plan(self, model: ClickedModel) -> None:
        """Find out how long a run takes; the worker starts for that, and the first click finds it warm."""
        from session.model_plans import ModelPlans

        if self._plans is None:
            self._plans = ModelPlans(self._session)
            self._plans.changed.connect(self._planned)
        self._plans.want(model.id)

    def _planned(self, model_id: str) -> None:
        model, found = self.state.model, self._plans.of(model_id) if self._plans is not None else None
        if model is not None and model.id == model_id and found is not None and self.state.expected_s is None:
            self._set(replace(self.state, expected_s=found.seconds))

    def _selection_changed(self, before: SelectionState, after: SelectionState) -> None:
        if before.segment_number != after.segment_number:
            self._choose_selected()

    def _choose_selected(self) -> None:
        """The segment that is selected is the one that clicks are about, where the model has it."""
        document, number = self._session.document, self._session.selection.state.segment_number
        if document is None or number is None or not document.segmentation.has_segment(number):
            return
        name = document.segmentation.segment(number).name.casefold()
        found = next((one for one in self.state.given.structures if one.casefold() == name), "")
        if found:
            self.activate(found)

    def _free_name(self) -> str:
        taken = {name.casefold() for name in self.state.given.structures}
        number = 1
        while f"{FIRST_NAME} {number}".casefold() in taken:
            number += 1
        return f"{FIRST_NAME} {number}"

    def _must_have_model(self) -> ClickedModel:
        if self.state.model is None:
            raise UserError("No model that takes clicks is chosen.", "The panel at the left lists the models.")
        return self.state.model

    def _set(self, state: ClickingState) -> None:
        before, self.state = self.state, state
        if before != state:
            self.changed.emit(before, state)


def _is_of(preview: Any, model: ClickedModel) -> bool:
    return bool(preview.parameters.get("model") == model.id)
