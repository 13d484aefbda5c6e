"""Group normalisation written so that OpenVINO's CPU plugin keeps its convolutions' order of memory.

The plugin reshapes the volume into groups for this layer, and a reshape needs plain order; convolutions want channels
in blocks of eight. So it reorders the volume before and after each of these layers, a sixth of a SegResNet's
time. Means of single channels need no reshape; only these few numbers are then put together into groups.
"""

from __future__ import annotations

from typing import Any

import numpy as np

KIND = "GroupNormalization"
SPACE = (2, 3, 4)  # axes of (window, channel, x, y, z)


def keep_memory_order(model: Any) -> None:
    """Replace the group normalisations of volumes in a model of OpenVINO's, in place.

    As in the layer itself: mean, then mean of squared differences from it (two passes, for the sake of precision),
    over all voxels of a group's channels.
    """
    for node in model.get_ordered_ops():
        shape = node.input_value(0).get_partial_shape() if node.get_type_name() == KIND else None
        if shape is not None and shape.rank.is_static and len(shape) == 5 and shape[1].is_static:
            node.output(0).replace(_by_channels(node, shape[1].get_length()).output(0))


def _by_channels(node: Any, channels: int) -> Any:
    from openvino import opset13 as ops

    attributes = node.get_attributes()
    groups, epsilon = attributes["num_groups"], attributes["epsilon"]
    given, scale, shift = (node.input_value(number) for number in range(3))
    for_each = np.array([1, channels, 1, 1, 1], np.int64)

    def mean(values: Any) -> Any:
        """Of each group, at each of its channels."""
        of_channels = ops.reduce_mean(values, np.array(SPACE, np.int64), keep_dims=True)
        by_group = ops.reshape(of_channels, np.array([0, groups, channels // groups], np.int64), special_zero=True)
        of_groups = ops.reduce_mean(by_group, np.array([2], np.int64), keep_dims=True)
        all_of_them = np.array([1, groups, channels // groups], np.int64)
        spread = ops.broadcast(of_groups, all_of_them, broadcast_spec="BIDIRECTIONAL")
        return ops.reshape(spread, np.array([0, channels, 1, 1, 1], np.int64), special_zero=True)

    centred = ops.subtract(given, mean(given))
    deviation = ops.sqrt(ops.add(mean(ops.multiply(centred, centred)), np.float32(epsilon)))
    factor = ops.divide(ops.reshape(scale, for_each, special_zero=False), deviation)
    return ops.add(ops.multiply(centred, factor), ops.reshape(shift, for_each, special_zero=False))
