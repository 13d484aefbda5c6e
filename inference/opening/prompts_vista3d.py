"""VISTA3D's bundles: one network for many structures, asked for some of them by their numbers, and by clicks.

The bundle's own evaluator and inferer are not run. The network is asked as they ask it, with a class vector, and its
scores are decided as they do: the highest wins where it is above zero. For clicks it is asked once more in windows
around them; that answer counts there. A structure that it was never taught is asked for by clicks alone, and of what
it finds then, the connected parts with a click inside remain.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from imaging.errors import UserError
from inference.engine.around_clicks import AroundClicks, Pointed
from inference.engine.recipe import Head, HeadKind, Shape, Windows
from inference.model import ModelLabel
from inference.opening.bundle_parser import BundleParser
from inference.opening.monai_inferer import overlaps, triple
from inference.prompts import Prompts

if TYPE_CHECKING:
    import torch

PREPARES = "VistaPreTransform"  # looks at prompts only
OUTSIDE, INSIDE, SPECIAL = 0, 1, 2  # how the network calls clicks; SPECIAL is added for tumours and vessels
SPECIAL_LABELS = (25, 26, 27, 28, 29, 117)  # MONAI's default
MOST_VALUE = 255  # of a label
EDGE = 0.501  # voxels
TAUGHT = 132  # structures that the published network was taught


def wanted_labels(parser: BundleParser, prompts: Prompts, labels: Sequence[ModelLabel]) -> tuple[int, ...]:
    """The model's numbers of the structures that are looked for everywhere: the given ones and those that were clicked,
    else those of the bundle's example.

    Groups (``lung``) stand for their members, as the bundle says.

    Raises:
        UserError: there is no such structure.
    """
    known = [name for name in prompts.clicked_names if not _is_new(name, prompts)]
    asked: Sequence[int | str] = (*prompts.labels, *([] if prompts.only_around_clicks else known))
    if not asked and not prompts.clicked_names:
        asked = _example(parser) or parser.part(("everything_labels",)) or [label.label_value for label in labels]
    groups = _groups(parser)
    numbers = [_number(label, labels) for label in asked]
    members = [int(value) for number in numbers for value in groups.get(number, [number])]
    return tuple(dict.fromkeys(members))


def pointed_at(parser: BundleParser, prompts: Prompts, labels: Sequence[ModelLabel]) -> tuple[Pointed, ...]:
    """The structures for which there are clicks; those that are new to the model get the next free numbers.

    Raises:
        UserError: the model has no such structure and it is not called new, it is a group, or nothing lies inside it.
    """
    groups, found = _groups(parser), []
    for name in prompts.new:
        if not prompts.clicks_for(name):
            raise UserError(f"“{name}” is new to the model, so it needs a click inside.")
    free = max([TAUGHT, *(label.label_value for label in labels)]) + 1
    for name in prompts.clicked_names:
        is_new = _is_new(name, prompts)
        number = free if is_new else _number_or_hint(name, labels)
        if number in groups:
            members = ", ".join(label.name for label in labels if label.label_value in groups[number])
            raise UserError(f"“{name}” stands for several structures and cannot be clicked.", f"It is: {members}.")
        if number > MOST_VALUE:
            raise UserError("There are more new structures than the model has numbers for.")
        free += is_new
        found.append(Pointed(number, name, prompts.clicks_for(name), prompts.outside_for(name), keeps_touched=is_new))
    return tuple(found)


def around_clicks(
    pointed: tuple[Pointed, ...], module: torch.nn.Module, transforms: Sequence[Any], roi: Shape, *, is_all: bool
) -> AroundClicks | None:
    """How the network is asked around clicks; None without any.

    Args:
        pointed: what was pointed at.
        module: the network itself.
        transforms: of the bundle's preparation; one of them says which structures are special.
        roi: size of a window.
        is_all: nothing is looked for elsewhere.
    """
    special = next(
        (tuple(found) for t in transforms if (found := getattr(t, "special_index", None)) is not None), SPECIAL_LABELS
    )
    if not pointed:
        return None
    _let_monai_number_parts()
    return AroundClicks(pointed, roi, module, _Asking(special), is_all)


def _let_monai_number_parts() -> None:
    """MONAI takes scikit-image for one thing in this network, to number connected parts; scipy numbers them alike."""
    import monai.transforms.utils as utils

    if not utils.has_measure:
        vars(utils).update(has_measure=True, measure=SimpleNamespace(label=_numbered))


def _numbered(image: Any, connectivity: int, return_num: bool = False) -> Any:
    """What ``skimage.measure.label`` gives."""
    from scipy import ndimage

    numbers, count = ndimage.label(image, ndimage.generate_binary_structure(image.ndim, connectivity))
    return (numbers, count) if return_num else numbers


class _Asking:
    """Asks the network about one window, see ``AroundClicks.ask``."""

    def __init__(self, special: Sequence[int]) -> None:
        self._special = special

    def __call__(
        self,
        module: Any,
        window: torch.Tensor,
        place: tuple[slice, slice, slice],
        pointed: Pointed,
        points: torch.Tensor,
        is_inside: Sequence[bool],
    ) -> torch.Tensor:
        import torch

        more = SPECIAL if pointed.value in self._special else 0
        kinds = torch.tensor([[(INSIDE if inside else OUTSIDE) + more for inside in is_inside]], device=window.device)
        last = int(module.point_head.last_supported)
        number = last + 1 if pointed.keeps_touched else pointed.value  # any number beyond the last means something new
        asked = torch.tensor([[number]], device=window.device)
        if number <= last:  # MONAI looks at the nearest voxel then, which must not be the first one behind the window
            ends = torch.tensor([part.stop for part in place], device=points.device)
            points = torch.where((points < ends) & (points > ends - EDGE), ends - EDGE, points)
        scores: torch.Tensor = module(
            window,
            point_coords=points[None],
            point_labels=kinds,
            class_vector=None if number > last else asked,
            prompt_class=asked,
            patch_coords=[(slice(None), slice(None), *place)],
            transpose=True,
        )
        return scores[0, 0]


def windows(parser: BundleParser) -> Windows:
    """As the bundle's inferer has them, one at a time: the structures are the network's batch."""
    share = parser.part(("inferer#overlap",))
    return Windows(
        triple(parser.part(("inferer#roi_size", "patch_size"))),
        overlaps(0.25 if share is None else share),
        is_gaussian=True,
    )


def head(numbers: tuple[int, ...]) -> Head:
    """Channel 0 is added by ``asked``; the others are the wanted structures."""
    return Head(HeadKind.EXCLUSIVE, (0, *numbers))


def named(
    numbers: tuple[int, ...], pointed: tuple[Pointed, ...], labels: Sequence[ModelLabel]
) -> tuple[ModelLabel, ...]:
    """The wanted structures with their names."""
    known = {one.value: ModelLabel(one.value, one.name) for one in pointed}
    known |= {label.label_value: label for label in labels}
    every = dict.fromkeys((*numbers, *(one.value for one in pointed)))
    return tuple(known.get(number) or ModelLabel(number, f"Label {number}") for number in every)


def asked(module: torch.nn.Module, numbers: tuple[int, ...]) -> torch.nn.Module:
    """The network with the question built in: (1, 1, x, y, z) to one channel of zeros and one for each structure."""
    import torch

    class Asked(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.vista = module
            self.register_buffer("classes", torch.tensor(numbers, dtype=torch.long)[:, None])

        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            return torch.cat([self._one(window[None]) for window in batch])

        def _one(self, window: torch.Tensor) -> torch.Tensor:
            scores: torch.Tensor = self.vista(window, class_vector=self.classes, transpose=True)
            return torch.cat([torch.zeros_like(scores[:, :1]), scores], 1)

    return Asked().eval()


def _groups(parser: BundleParser) -> dict[int, list[int]]:
    return {int(key): list(values) for key, values in (parser.part(("subclass",)) or {}).items()}


def _is_new(name: str, prompts: Prompts) -> bool:
    return name.lower() in [new.lower() for new in prompts.new]


def _number_or_hint(name: str, labels: Sequence[ModelLabel]) -> int:
    try:
        return _number(name, labels)
    except UserError as error:
        raise UserError(error.message, "A structure that the model was not taught must be called new.") from error


def _example(parser: BundleParser) -> Any:
    entry = parser.part(("input_dict",))
    return entry.get("label_prompt") if isinstance(entry, dict) else None


def _number(label: int | str, labels: Sequence[ModelLabel]) -> int:
    numbers = [known.label_value for known in labels if str(label).lower() == known.name.lower()]
    if isinstance(label, str) and not numbers:
        names = ", ".join(known.name for known in labels[:20])
        raise UserError(f"The model has no label “{label}”.", f"Among others it has {names}." if names else "")
    number = numbers[0] if isinstance(label, str) else int(label)
    if number < 1 or (labels and number not in [known.label_value for known in labels]):
        raise UserError(f"The model has no label number {number}.")
    return number
