"""The network that an nnU-Net plan describes, by the library that nnU-Net itself makes it with."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from imaging.errors import UserError
from inference.packages.config_files import table_of, text_of

if TYPE_CHECKING:
    import torch

LIBRARY = "dynamic_network_architectures."
ALLOWED = (LIBRARY, "torch.nn.")
_FIRST_PLANS = {  # plans before 2.3 name the class alone
    "PlainConvUNet": f"{LIBRARY}architectures.unet.PlainConvUNet",
    "ResidualEncoderUNet": f"{LIBRARY}architectures.unet.ResidualEncoderUNet",
}


def network_of(plan: dict[str, Any], channel_count: int, head_count: int) -> torch.nn.Module:
    """The network without weights, in evaluation mode.

    Raises:
        UserError: a class that is not the library's, or arguments that do not fit it.
    """
    described = table_of(plan.get("architecture"))
    if described:
        name, arguments = text_of(described.get("network_class_name")), dict(table_of(described.get("arch_kwargs")))
        imported = [text_of(key) for key in described.get("_kw_requires_import", [])]
    else:
        name, arguments, imported = _from_first_plans(plan)
    for key in imported:
        if isinstance(arguments.get(key), str):
            arguments[key] = _named(arguments[key])
    kind = _named(name)
    try:
        module: torch.nn.Module = kind(
            input_channels=channel_count, num_classes=head_count, deep_supervision=False, **arguments
        )
    except (TypeError, ValueError, AssertionError) as error:
        raise UserError("The nnU-Net's plan describes a network that cannot be made.", str(error)[:200]) from error
    return module.eval()


def _named(name: str) -> Any:
    if not name.startswith(ALLOWED):
        raise UserError(f"The nnU-Net's network uses “{name}”, which is not known here.")
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise UserError(f"The nnU-Net's network uses “{name}”, which is not here.") from error


def _from_first_plans(plan: dict[str, Any]) -> tuple[str, dict[str, Any], list[str]]:
    strides = plan.get("pool_op_kernel_sizes", [])
    base, most = int(plan.get("UNet_base_num_features", 32)), int(plan.get("unet_max_num_features", 320))
    name = _FIRST_PLANS.get(text_of(plan.get("UNet_class_name")), "")
    blocks = "n_blocks_per_stage" if "Residual" in name else "n_conv_per_stage"
    kind = "2d" if len(plan.get("patch_size", [])) == 2 else "3d"
    arguments: dict[str, Any] = {
        "n_stages": len(strides),
        "features_per_stage": [min(base * 2**n, most) for n in range(len(strides))],
        "conv_op": f"torch.nn.modules.conv.Conv{kind}",
        "kernel_sizes": plan.get("conv_kernel_sizes"),
        "strides": strides,
        blocks: plan.get("n_conv_per_stage_encoder"),
        "n_conv_per_stage_decoder": plan.get("n_conv_per_stage_decoder"),
        "conv_bias": True,
        "norm_op": f"torch.nn.modules.instancenorm.InstanceNorm{kind}",
        "norm_op_kwargs": {"eps": 1e-5, "affine": True},
        "nonlin": "torch.nn.modules.activation.LeakyReLU",
        "nonlin_kwargs": {"inplace": True},
    }
    return name, arguments, ["conv_op", "norm_op", "nonlin"]
