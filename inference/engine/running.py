"""One run of one opened model: prepare, compute, decide, bring back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Geometry
from inference.backends.candidates import OPENVINO, Candidate
from inference.backends.choosing import Choice, Work, chosen, plain_torch
from inference.backends.forms import KEPT, NetworkForms, Shelf, networks_key
from inference.early_result import ShowEarly
from inference.engine.ahead import take_compiled
from inference.engine.around_clicks import draw_around_clicks, nothing_found, telling
from inference.engine.boxes import found_boxes
from inference.engine.cascade import FIRST_SHARE, share_of_progress, with_first_stage
from inference.engine.deciding import Decision, merged_layers
from inference.engine.early import FirstLook, Planes
from inference.engine.early_labels import early_result
from inference.engine.footprint_of_network import known_memory
from inference.engine.gaps import filled
from inference.engine.kept_decision import decision_for_clicks
from inference.engine.kept_preparation import prepared_for_clicks
from inference.engine.pace import SHARES, Pace, Stage
from inference.engine.parameters import RunParameters
from inference.engine.planning import planned_rung
from inference.engine.predictor import Mirrored, Predictor
from inference.engine.preparing import Prepared
from inference.engine.probabilities import why_no_maps, wished_values
from inference.engine.recipe import HeadKind, Windows
from inference.engine.region import around_region, clear_outside
from inference.engine.rungs import Rung, climbed, rungs
from inference.engine.sliding import decided
from inference.engine.way_back import to_source
from inference.engine.windows import window_size, window_starts
from inference.model import UNCERTAINTY_MAP, ModelLabel, ModelResult, Score
from inference.opening.formats import open_package
from inference.opening.opened import Networks, Opened, TorchNetworks
from inference.packages.package import Package
from inference.prompts import NO_PROMPTS

NOT_MIRRORED = "It was not averaged over flips: nobody says along which axes this model may see an image flipped."
T = TypeVar("T")
Watch = Callable[[float, str], None]  # finished share and what is done; raises to stop


class NetworkRun:
    """A model opened for one run.

    Args:
        package: which model.
        wanted: how to run it.
        early: takes what is found before the run is over; None where nobody looks.
        shelf: where converted networks are kept; None to convert them in each run.
        opened: a part of the package that is opened already; None to open it.

    Attributes:
        labels: what the result's label values mean; after the run.

    Raises:
        UserError: the model cannot be opened, or the wish cannot be met.
    """

    def __init__(
        self,
        package: Package,
        wanted: RunParameters,
        early: ShowEarly | None = None,
        shelf: Shelf | None = None,
        *,
        opened: Opened | None = None,
    ) -> None:
        self._package = package
        self._early = early
        self._wanted = wanted
        self._ready = None if opened is not None else take_compiled(package, wanted)
        self._opened: Opened = opened or open_package(package, wanted.prompts)
        self._forms = NetworkForms(networks_key(package, wanted.prompts), shelf)
        self._seconds: dict[str, float] = {}
        self._choice: Choice | None = None
        self._rung: Rung | None = None
        self._rung_numbers: dict[str, int] = {}
        self._image_notes: tuple[str, ...] = ()
        self._click_notes: tuple[str, ...] = ()
        self.labels = self._opened.recipe.labels
        self._probability_of = wished_values(wanted.probability, self.labels) if wanted.probability else None

    def on(self, channels: Sequence[NDArray[Any]], geometry: Geometry, watch: Watch) -> ModelResult:
        """Run on images (k, j, i) of one grid.

        Raises:
            UserError: an image is empty or too small for the network, or the wished region lies outside of it.
        """
        recipe = self._opened.recipe
        if self._wanted.roi is not None and self._wanted.roi.clipped(geometry.shape).is_empty:
            raise UserError("The region lies outside of the image.")
        channels = [self._whole(channel) for channel in channels]
        for channel in channels:
            if channel.size == 0 or channel.min() == channel.max():
                raise UserError("The image is empty: all of its voxels have the same value.")
        first, watch = self._first_stage(channels, geometry, watch)
        with Stage(self._seconds, "prepare"):
            prepared = self._prepared(channels, geometry, watch)
            if first is not None:
                values = sorted(label.label_value for label in recipe.labels)
                prepared = with_first_stage(prepared, first, channels, values, recipe.steps)
            if self._wanted.roi is not None:
                prepared = around_region(prepared, self._wanted.roi, self._opened.recipe.windows)
        if not recipe.head.kind.gives_labels:
            find = self._scored if recipe.head.kind is HeadKind.SCORES else partial(self._boxed, geometry)
            result = self._climbed(prepared, geometry, lambda rung: find(prepared, rung, watch))
            return replace(result, notes=self._notes())
        decision = self._climbed(prepared, geometry, lambda rung: self._found(prepared, geometry, rung, watch))
        with Stage(self._seconds, "bring labels back"):
            watch(SHARES["network"], "Bringing the labels back to the image")
            layers, maps = self._back(decision, prepared, geometry)
        return self._result(layers, maps, prepared)

    def _climbed(self, prepared: Prepared, geometry: Geometry, work: Callable[[Rung], T]) -> T:
        """The work's result on the first rung whose memory suffices; those that surely lack it are not tried."""
        ladder = rungs(self._wanted)
        planned = planned_rung(self._package, self._opened, prepared.shape, geometry, self._wanted, ladder)

        def on(rung: Rung) -> T:
            self._rung = rung
            self._rung_numbers = {"planned": planned, "used": ladder.index(rung)}
            return work(rung)

        return climbed(ladder[planned:], on)[0]

    def _prepared(self, channels: Sequence[NDArray[Any]], geometry: Geometry, watch: Watch) -> Prepared:
        model = f"{self._package.content}|{self._package.weights_hash}" if self._wanted.prompts.clicked_names else ""
        steps, share = self._opened.recipe.steps, SHARES["prepare"] / 2
        return prepared_for_clicks(model, channels, geometry, steps, lambda step: watch(share, f"Preparing: {step}"))

    def _first_stage(
        self, channels: Sequence[NDArray[Any]], geometry: Geometry, watch: Watch
    ) -> tuple[NDArray[Any] | None, Watch]:
        """Labels of a cascade's first stage on the image's grid, and how the rest tells of its progress."""
        previous = self._opened.previous
        if previous is None:
            return None, watch
        wanted = replace(self._wanted, roi=None, doubt=False, probability=(), known_choices=())
        with Stage(self._seconds, "first stage"):
            run = NetworkRun(self._package, wanted, opened=previous)
            found = run.on(channels, geometry, share_of_progress(watch, 0.0, FIRST_SHARE, "First stage: "))
        return found.layers[0], share_of_progress(watch, FIRST_SHARE, 1.0)

    def _whole(self, channel: NDArray[Any]) -> NDArray[Any]:
        image, note = filled(channel)
        self._image_notes += (note,) if note else ()
        return image

    def _chosen(self, prepared: Prepared, rung: Rung, watch: Watch) -> Predictor:
        import torch

        self._choice = None  # of a rung above; its memory is needed

        windows = self._windows()
        size = window_size(windows, prepared.shape)
        x, y, z = (max(n, roi) for n, roi in zip(prepared.shape, size, strict=True))
        count = len(window_starts(size, windows, (x, y, z)))
        key = f"{self._package.id}+{self._package.weights_hash}"
        batch = max(min(rung.windows(windows).batch, count), 1)
        work = Work(prepared.image, size, count, self._opened.recipe.head, key, batch)
        networks = self._opened.networks
        if isinstance(networks, TorchNetworks):
            networks = replace(networks, forms=self._forms)
        with torch.inference_mode():
            self._choice = chosen(
                networks, rung.wanted, work, lambda message: watch(SHARES["prepare"], message), self._ready_for
            )
        self._forms.settle(is_used=self._choice.candidate.backend == OPENVINO)
        self._note_memory(networks, (1, len(prepared.image), *size))
        predictor = rung.predictor(self._choice.predictor)
        return Mirrored(predictor, self._opened.mirror_axes) if self._is_mirrored else predictor

    def _ready_for(self, candidate: Candidate, shape: tuple[int, ...]) -> Predictor | None:
        """The network that was compiled ahead, where it is the wanted one; it is let go of in any case."""
        ready, self._ready = self._ready, None
        if ready is None or (ready.candidate, ready.shape) != (candidate, shape):
            return None
        self._forms.origin = KEPT
        return ready.predictor

    def _note_memory(self, networks: Networks, shape: tuple[int, ...]) -> None:
        """What a plan found out beside what is remembered of backends, so that the next plan need not."""
        facts = {} if self._choice is None else self._choice.facts
        if "key" in facts and isinstance(networks, TorchNetworks) and "memory" not in facts:
            found = known_memory(networks.modules[0], shape)
            facts |= {"memory": list(found)} if found is not None else {}

    @property
    def _is_mirrored(self) -> bool:
        return self._wanted.mirror and bool(self._opened.mirror_axes)

    def _windows(self) -> Windows:
        return self._opened.recipe.windows or Windows((0, 0, 0), (0.0, 0.0, 0.0))

    def _found(self, prepared: Prepared, geometry: Geometry, rung: Rung, watch: Watch) -> Decision:
        """What is found in all of the image, then around clicks where the network is asked about those apart."""
        around = self._opened.around_clicks
        if around is None:
            return self._decided(prepared, geometry, rung, watch)
        if around.is_all:
            self._choice = plain_torch(around.module, rung.wanted.device)
            head, doubt = self._opened.recipe.head, self._wanted.doubt
            decision = nothing_found(around, head, prepared.shape, self._probability_of, wants_doubt=doubt)
        else:
            decision = self._everywhere(prepared, geometry, rung, watch)
        with Stage(self._seconds, "around clicks"):
            told = telling(watch, SHARES["prepare" if around.is_all else "network"], SHARES["network"])
            self._click_notes = draw_around_clicks(decision, around, prepared, rung.wanted.device, told)
        return decision

    def _everywhere(self, prepared: Prepared, geometry: Geometry, rung: Rung, watch: Watch) -> Decision:
        """What is found in all of the image, as far as the click before did not ask the same."""
        wishes = replace(rung.wanted, prompts=NO_PROMPTS, known_choices=())
        model = self._package.content, self._package.weights_hash, self._opened.recipe.head, self._windows()
        asked = repr((model, wishes, rung.most_windows))
        decision, self._choice = decision_for_clicks(
            asked, prepared.image, lambda: (self._decided(prepared, geometry, rung, watch), self._choice)
        )
        return decision

    def _decided(self, prepared: Prepared, geometry: Geometry, rung: Rung, watch: Watch) -> Decision:
        with Stage(self._seconds, "choose backend"):
            predictor = self._chosen(prepared, rung, watch)
        with Stage(self._seconds, "network"):
            pace = Pace()
            early = self._first_look(prepared, geometry, predictor, pace, watch)
            decision = self._computed(prepared, rung.windows(self._windows()), predictor, pace, early, watch)
        if early is not None and early.seconds:
            self._seconds["coarse preview"] = round(early.seconds, 3)
            self._seconds["network"] = round(self._seconds["network"] - early.seconds, 3)
        return decision

    def _first_look(
        self, prepared: Prepared, geometry: Geometry, predictor: Predictor, pace: Pace, watch: Watch
    ) -> FirstLook | None:
        early = self._early
        if early is None:
            return None
        plain, cost = (predictor.plain, 1 / predictor.count) if isinstance(predictor, Mirrored) else (predictor, 1.0)
        names = {label.label_value: label for label in self.labels}

        def show(planes: Planes, is_coarse: bool) -> None:
            region = self._wanted.roi
            early(early_result(planes, prepared.axes, geometry.shape, region, names, is_coarse=is_coarse))

        def progress(done: int, count: int) -> None:
            pace.first_pass(done * cost, count * cost)
            watch(pace.share, f"A coarse result first, window {done} of {count}")

        return FirstLook(show, plain, cost, progress)

    def _computed(
        self,
        prepared: Prepared,
        windows: Windows,
        predictor: Predictor,
        pace: Pace,
        early: FirstLook | None,
        watch: Watch,
    ) -> Decision:
        def progress(done: int, count: int) -> None:
            text = pace.text(done, count, 0.0 if early is None else early.seconds)
            watch(pace.share, text)

        recipe = self._opened.recipe
        wants_doubt = self._wanted.doubt
        decision = decided(
            prepared.image,
            windows,
            recipe.head,
            predictor,
            progress,
            wants_doubt=wants_doubt,
            probability_of=self._probability_of,
            early=early,
        )
        decision.keep_largest()
        return decision

    def _back(
        self, decision: Decision, prepared: Prepared, geometry: Geometry
    ) -> tuple[list[NDArray[Any]], dict[str, NDArray[np.uint8]]]:
        layers = [to_source(layer, prepared.axes, geometry.shape) for layer in merged_layers(decision.planes)]
        found = {} if decision.doubt is None else {UNCERTAINTY_MAP: decision.doubt}
        if decision.probabilities is not None:
            found |= decision.probabilities.by_name(self.labels)
        maps = {name: to_source(values, prepared.axes, geometry.shape) for name, values in found.items()}
        if self._wanted.roi is not None:
            for array in (*layers, *maps.values()):
                clear_outside(array, self._wanted.roi.clipped(geometry.shape))
        return layers, maps

    def _scored(self, prepared: Prepared, rung: Rung, watch: Watch) -> ModelResult:
        import torch

        predictor = self._chosen(prepared, rung, watch)
        watch(SHARES["prepare"], "Computing")
        head = self._opened.recipe.head
        with Stage(self._seconds, "network"), torch.inference_mode():
            scores = predictor(torch.from_numpy(prepared.image)[None])[0].float().reshape(-1)
            chances = scores if head.is_activated else (scores.softmax(0) if len(scores) > 1 else scores.sigmoid())
        names = {label.label_value: label.name for label in self._opened.recipe.labels}
        found = tuple(Score(names.get(n, f"Class {n}"), float(c)) for n, c in enumerate(chances, 1))
        return ModelResult((), {}, seconds=self._seconds, scores=found, record=self._record(prepared))

    def _boxed(self, geometry: Geometry, prepared: Prepared, rung: Rung, watch: Watch) -> ModelResult:
        import torch

        predictor = self._chosen(prepared, rung, watch)
        watch(SHARES["prepare"], "Computing")
        recipe = self._opened.recipe
        with Stage(self._seconds, "network"), torch.inference_mode():
            answer = predictor(torch.from_numpy(prepared.image)[None])[0].float().cpu().numpy()
        boxes = found_boxes(answer, prepared.axes, geometry, recipe.labels, recipe.head.threshold)
        return ModelResult((), {}, seconds=self._seconds, boxes=boxes, record=self._record(prepared))

    def _result(
        self, layers: list[NDArray[Any]], maps: dict[str, NDArray[np.uint8]], prepared: Prepared
    ) -> ModelResult:
        present: set[int] = set()
        for layer in layers:
            present |= _values(layer)
        known = {label.label_value for label in self.labels}
        # structures without a name keep the number that the network gives them
        self.labels += tuple(ModelLabel(value, f"Label {value}") for value in sorted(present - known))
        return ModelResult(
            tuple(layers),
            {label.label_value: label.label_value in present for label in self.labels},
            seconds=self._seconds,
            notes=self._notes(),
            maps=maps,
            record=self._record(prepared),
        )

    def _notes(self) -> tuple[str, ...]:
        rung = self._rung
        return (
            *self._opened.recipe.notes,
            *self._image_notes,
            *self._click_notes,
            *([why_no_maps(self._opened.recipe.head)] if self._lacks_maps else []),
            *([NOT_MIRRORED] if self._wanted.mirror and not self._is_mirrored else []),
            *([rung.note] if rung is not None and rung.note else []),
        )

    @property
    def _lacks_maps(self) -> bool:
        return (self._wanted.doubt or bool(self._wanted.probability)) and bool(why_no_maps(self._opened.recipe.head))

    def _record(self, prepared: Prepared) -> dict[str, Any]:
        windows, head = self._opened.recipe.windows, self._opened.recipe.head
        choice = self._choice
        assert choice is not None
        return {
            "backend": choice.predictor.backend,
            "device": choice.predictor.device,
            "precision": choice.candidate.precision,
            "choice": choice.facts,
            **({"network": self._forms.origin} if choice.candidate.backend == OPENVINO and self._forms.origin else {}),
            "rung": self._rung_numbers,
            "format": self._package.description.format.value,
            "weights_hash": self._package.weights_hash,
            "network_shape": list(prepared.shape),
            "network_spacing_mm": [round(mm, 4) for mm in prepared.grid.spacing_mm],
            "window": None if windows is None else list(windows.roi),
            "overlap": None if windows is None else list(windows.overlap),
            "mirrored": self._is_mirrored,
            "head": head.kind.value,
            "decided_from": head.threshold if head.kind is HeadKind.INDEPENDENT else None,
        }


def _values(layer: NDArray[Any]) -> set[int]:
    from inference.result import label_counts

    counts = label_counts(layer)
    return {int(value) for value in np.flatnonzero(counts) if value}
