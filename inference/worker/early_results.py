"""What a run has found before it is over, on its way from the worker to the window.

Each picture travels in memory of its own, apart from the result's. Nobody answers to it: the window takes the newest
when it can, and drops the rest unread.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence

import numpy as np

from inference import answers
from inference.answers import ResultInvalid
from inference.early_result import MOST_LAYERS, EarlyResult, ShowEarly
from inference.result import FoundLabel
from inference.worker.array_types import array_types
from inference.worker.channel import Channel, Message
from inference.worker.process import WorkerGone
from inference.worker.shared_block import SharedBlock

KIND = "early"
AT_ONCE = 3.0  # so many are taken one after the other,
APART_S = 1.0  # then one in this time
MOST_SHARE = 0.1  # of the time may go into copying them

logger = logging.getLogger("limner.worker")


class EarlySender:
    """The worker's end.

    Args:
        channel: to the window.
        job: the run's number.
    """

    def __init__(self, channel: Channel, job: int) -> None:
        self._channel = channel
        self._job = job
        self._held: list[SharedBlock] = []

    def __call__(self, early: EarlyResult) -> None:
        """Send what was found so far.

        Raises:
            MemoryError: there is no room for it.
            OSError: the window is gone.
        """
        self.close()
        for layer in early.layers:
            self._held.append(SharedBlock.holding(np.ascontiguousarray(layer)))
        message: Message = {
            "kind": KIND,
            "job": self._job,
            "is_coarse": early.is_coarse,
            "layers": [{"shape": list(layer.shape), "dtype": layer.dtype.str} for layer in early.layers],
            "labels": [[label.layer, label.label_value, label.name, label.term_name] for label in early.labels],
        }
        self._channel.send(message, self._held)

    def close(self) -> None:
        """Let go of the last one's memory, which Windows needs until the other end has opened it."""
        while self._held:
            self._held.pop().close()


class EarlyReceiver:
    """The window's end, which believes nothing.

    Args:
        show: called with each early result that is taken.
    """

    def __init__(self, show: ShowEarly) -> None:
        self._show = show
        self._may_take = AT_ONCE
        self._apart_s = APART_S
        self._taken_at = -math.inf

    def take(self, message: Message, shared: Sequence[SharedBlock], shape: tuple[int, ...]) -> None:
        """Check an early result, and show it unless they come too often.

        Args:
            message: see ``EarlySender``.
            shared: its layers; the caller closes them.
            shape: of the image.

        Raises:
            WorkerGone: it does not make sense.
        """
        try:
            types = array_types(message, shape)
            labels = _labels(message, len(types))
            if len(types) != len(shared) or len(types) > MOST_LAYERS or "maps" in message:
                raise ResultInvalid("it has other layers than it says")
            if not self._is_due():
                return
            began = time.monotonic()
            layers = tuple(block.copied(shape, dtype) for block, dtype in zip(shared, types, strict=True))
            self._apart_s = max(APART_S, (time.monotonic() - began) / MOST_SHARE)
        except (ResultInvalid, ValueError) as error:
            raise WorkerGone("what it shows before its end does not make sense") from error
        except MemoryError:
            logger.warning("no room to show what was found before the run is over")
            return
        self._show(EarlyResult(layers, labels, message.get("is_coarse") is not False))

    def _is_due(self) -> bool:
        now = time.monotonic()
        self._may_take = min(self._may_take + (now - self._taken_at) / self._apart_s, AT_ONCE)
        self._taken_at = now
        if self._may_take < 1:
            return False
        self._may_take -= 1
        return True


def _labels(message: Message, layer_count: int) -> tuple[FoundLabel, ...]:
    """Their label values are not looked for in the voxels: what has no name is not drawn.

    Nor is it counted which of them encloses others: so early, all that may do so are only outlined.
    """
    rows = answers.items(answers.required(message, "labels"))
    if any(not isinstance(row, list) or len(row) != 4 for row in rows):
        raise ResultInvalid("a list in it is none")
    labels = tuple(
        FoundLabel(answers.whole(layer), answers.whole(value), answers.text(name), answers.text(term), 0, layer > 0)
        for layer, value, name, term in rows
    )
    if any(label.layer >= layer_count or label.label_value < 1 for label in labels):
        raise ResultInvalid("a structure of it is nowhere")
    return labels
