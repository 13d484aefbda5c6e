"""What is told before a foreign model runs: what the run will take, and what the model cannot do on this computer."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

from imaging.volume import Volume
from inference.client import InferenceFailed
from inference.external.listing import unplanned
from inference.plan import Plan
from session.backend_choices import NAME as CHOICES_NAME
from session.backend_choices import BackendChoices
from session.model_plans import seconds_in_log
from session.run_recording import KNOWN_CHOICES
from session.segment_to_file import Wishes
from session.settings import Settings

UNPLANNED_STOCK = "MONAI's own workflow runs: its memory is not planned."

logger = logging.getLogger("limner.plans")


@dataclass(frozen=True)
class BeforeRun:
    """What is known of a run before it begins.

    Attributes:
        plan: what it will take; None for built-in models, and where ``problem`` says why it cannot be planned.
        confinement: what the model cannot do, a sentence; empty for built-in models, which are part of the program.
        problem: why there is no plan; empty when there is one, or the model is built in.
    """

    plan: Plan | None = None
    confinement: str = ""
    problem: str = ""

    @property
    def sentences(self) -> list[str]:
        """For people; empty for built-in models."""
        words = self.plan.words if self.plan is not None else ""
        planned = [f"{words[0].upper()}{words[1:]}."] if words else []
        return [*planned, *([self.problem] if self.problem else []), *([self.confinement] if self.confinement else [])]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        plan = None if self.plan is None else self.plan.to_json() | {"words": self.plan.words}
        return {"plan": plan, "confinement": self.confinement or None}


def before_run(volume: Volume, wishes: Wishes, settings: Settings) -> BeforeRun:
    """Ask the model's worker, which starts for that; the run then finds it warm.

    Args:
        volume: the image, or the first of several on one grid.
        wishes: how it will be run.
        settings: which workspace remembers how the model was computed fastest.

    Raises:
        UserError: the model cannot be used on this image, or it refuses the wishes; the run would say the same.
        InferenceFailed: the worker does not start.
    """
    info, client = wishes.model, wishes.client
    info.check(volume.quantity, volume.source.modality, volume.geometry)
    if info.external is not None:
        return BeforeRun(problem=unplanned(info.external, may_connect=wishes.parameters.get("network") is True))
    if info.package is None:
        return BeforeRun()
    confinement = client.confinement(info.id)
    sentence = "" if confinement is None else confinement.sentence
    if wishes.parameters.get("stock") is True:
        return BeforeRun(None, sentence, UNPLANNED_STOCK)
    choices = BackendChoices(settings.workspace() / CHOICES_NAME).of(info.id)
    parameters = {**wishes.parameters, KNOWN_CHOICES: choices} if choices else wishes.parameters
    bytes_of_images = volume.voxels.nbytes * (1 + len(wishes.others))
    try:
        plan = client.plan(volume.geometry, bytes_of_images, info.id, parameters)
    except InferenceFailed as error:  # whether it can run nevertheless, the run will say
        logger.error("%s %s", error.message, error.details)
        return BeforeRun(None, sentence, f"The run cannot be planned: {error.message}")
    if plan is not None and plan.seconds is None:  # too short to be measured for a choice, or nothing was to be chosen
        plan = replace(plan, seconds=seconds_in_log(settings, info.id, volume.geometry))
    return BeforeRun(plan, sentence)
