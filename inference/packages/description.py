"""What a model's folder says of itself, read without running anything of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from inference.model import ModelLabel


class ModelFormat(StrEnum):
    """How a model's folder is laid out."""

    MONAI_BUNDLE = "MONAI bundle"
    CLARA_MMAR = "Clara MMAR"
    NNUNET = "nnU-Net"
    TORCHSCRIPT = "TorchScript"
    ONNX = "ONNX"
    LAYER_LIST = "list of layers"  # brainchop's model.json with weights beside it


class Task(StrEnum):
    """What a model gives."""

    SEGMENTATION = "segmentation"
    CLASSIFICATION = "classification"
    DETECTION = "detection"
    OTHER = "other"


class Head(StrEnum):
    """What a network's last layer means."""

    SOFTMAX = "softmax"  # one channel for each label; the largest wins
    SIGMOID = "sigmoid"  # one channel for each label, which may overlap; each against a threshold
    LABELS = "labels"  # label values, already decided
    SCORES = "scores"  # one number for each class of the whole image
    BOXES = "boxes"


@dataclass(frozen=True)
class InputChannel:
    """One image that the network wants.

    Attributes:
        name: for people, such as ``T1c``.
        modality: DICOM's word (``CT``, ``MR``, ``PT``); empty when the model does not say.
    """

    name: str
    modality: str = ""


@dataclass(frozen=True)
class WeightsFile:
    """A file of weights that the model needs.

    Attributes:
        path: inside the model's folder, with forward slashes.
        is_present: whether it is there.
        url: where the model says that it can be had; empty when it does not.
        checksum: ``sha256:…`` or ``md5:…`` as the model states it; empty when it does not.
        is_needed: False for files that only other ways of running the model need.
    """

    path: str
    is_present: bool
    url: str = ""
    checksum: str = ""
    is_needed: bool = True


@dataclass(frozen=True)
class CodeUse:
    """What of Python a model makes run; shown before anybody trusts it.

    Attributes:
        targets: dotted names of classes and functions that its configuration calls (``_target_``), sorted.
        imports: modules that it imports, sorted.
        expressions: Python expressions in its configuration (``$...``), sorted.
        files: its own files that an import can load, Python or compiled, sorted.
        pickles: files of weights in Python's pickle format; they are read with ``weights_only`` all the same.
    """

    targets: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    pickles: tuple[str, ...] = ()

    @property
    def runs(self) -> bool:
        """True when using the model runs Python that came with it."""
        return bool(self.imports or self.expressions or self.files or self.targets)


@dataclass(frozen=True)
class ModelDescription:
    """A model as its folder describes it.

    Attributes:
        format: how the folder is laid out.
        name: for people.
        version: as stated, ``0`` where nothing is.
        task: what it gives.
        about: a sentence or two.
        channels: the images that it wants, in order; at least one.
        labels: what it finds; empty when the folder does not say (the run then numbers them). A label's value is its
            channel's index where channel 0 is the background, else the index + 1: 0 never stands for a structure.
        licence: the text of the licence; empty when there is none, which is shown, too.
        copyright: one line.
        spacing_mm: the grid that the network works on, (x, y, z); None when the image's own or not stated plainly.
        weights: all files of weights that a run needs.
        code: what of Python it makes run.
        prompts: names of what it takes beside the image: ``clicks``, ``label`` (structures to choose from), ``new``
            (structures that it was not taught), ``slice`` (it looks at slices alone); empty for automatic models.
        problem, hint: why it cannot be run here, for people; empty when it can.
        notes: what else a person should know, one sentence each.
        head: what the network's last layer means; None when the folder does not say.
        has_background: whether channel 0 of a sigmoid head is the background, which makes no label; other heads have
            one always (softmax) or never.
    """

    format: ModelFormat
    name: str
    version: str
    task: Task
    about: str
    channels: tuple[InputChannel, ...]
    labels: tuple[ModelLabel, ...]
    licence: str = ""
    copyright: str = ""
    spacing_mm: tuple[float, float, float] | None = None
    weights: tuple[WeightsFile, ...] = ()
    code: CodeUse = field(default_factory=CodeUse)
    prompts: tuple[str, ...] = ()
    problem: str = ""
    hint: str = ""
    notes: tuple[str, ...] = ()
    head: Head | None = None
    has_background: bool = False

    @property
    def missing_weights(self) -> tuple[WeightsFile, ...]:
        """Files that must be had before it can run."""
        return tuple(file for file in self.weights if file.is_needed and not file.is_present)
