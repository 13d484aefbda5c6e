"""What a person may ask of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from imaging.errors import UserError
from imaging.geometry import Box
from inference.prompts import NO_PROMPTS, Prompts


@dataclass(frozen=True)
class RunParameters:
    """Wishes for one run; the defaults are what most people want.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda:0``, ``mps``.
        precision: ``auto``, ``fp32``, ``bf16``, ``fp16``.
        backend: ``auto``, ``torch``, ``onnxruntime``, ``openvino``.
        mirror: average over flips where the model allows it.
        doubt: also give the map ``uncertainty``.
        probability: also give the map ``probability`` of what was decided, and with names of structures, label values
            or ``all`` among them one for each of these; nothing: no such maps.
        insist: use the wished backend and precision even where it gives other labels than plain fp32.
        known_choices: facts of earlier choices of the backend, see ``backends.choosing``.
        roi: only this region of the image, (k0, k1, j0, j1, i0, i1) half-open; None for all of it.
        prompts: clicks and labels, for models that take them.
        stock: run a bundle's own workflow instead of this engine.
    """

    device: str = "auto"
    precision: str = "auto"
    backend: str = "auto"
    mirror: bool = False
    doubt: bool = False
    probability: tuple[str, ...] = ()
    insist: bool = False
    known_choices: tuple[dict[str, Any], ...] = ()
    roi: Box | None = None
    prompts: Prompts = NO_PROMPTS
    stock: bool = False

    @staticmethod
    def of(parameters: Mapping[str, Any]) -> RunParameters:
        """Read JSON.

        Raises:
            UserError: an unknown name or a value that makes no sense.
        """
        known = {field.name for field in fields(RunParameters)}
        for name in parameters:
            if name not in known:
                listed = ", ".join(sorted(known - {"known_choices"}))
                raise UserError(f"There is no parameter “{name}”.", f"Known parameters: {listed}.")
        values = dict(parameters)
        if values.get("roi") is not None:
            values["roi"] = _box(values["roi"])
        if values.get("prompts") is not None:
            values["prompts"] = Prompts.of(values["prompts"])
        else:
            values.pop("prompts", None)
        values["known_choices"] = tuple(
            choice for choice in values.get("known_choices", ()) if isinstance(choice, dict)
        )
        values["probability"] = _texts(values.get("probability"))
        for name in ("device", "precision", "backend"):
            if not isinstance(values.get(name, ""), str):
                raise UserError(f"The parameter “{name}” must be text.")
        for name in ("mirror", "doubt", "insist", "stock"):
            if not isinstance(values.get(name, False), bool):
                raise UserError(f"The parameter “{name}” must be true or false.")
        return RunParameters(**values)


def _texts(value: Any) -> tuple[str, ...]:
    """``winner``, or a list of texts and numbers."""
    listed = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(listed, list | tuple) or not all(type(item) in (str, int) for item in listed):
        raise UserError("The parameter “probability” must be “winner”, “all”, or a list of structures.")
    return tuple(str(item) for item in listed)


def _box(value: Any) -> Box:
    try:
        numbers = [int(number) for number in value]
        box = Box(*numbers)
    except (TypeError, ValueError) as error:
        raise UserError("A region is six numbers: k0 k1 j0 j1 i0 i1.") from error
    if box.is_empty:
        raise UserError("The region is empty.")
    return box
