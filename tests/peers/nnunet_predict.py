"""Run by the Python that has nnunetv2: predictions of its own nnUNetPredictor, and what it computed on the way.

    python nnunet_predict.py JOBS.json

Each job names the model's folder, the folds, an image (channel, z, y, x) as .npy, its spacing, whether to mirror, the
previous stage's labels (z, y, x) or null, and the .npz that gets ``data`` (the network's input); and, once with windows
added up in half precision as nnU-Net does it (``half``) and once in float32 (``single``): ``labels_*`` on the network's
grid and ``result_*`` on the image's.
"""

from __future__ import annotations

import json
import os
import sys

import numpy as np
import torch


def main(path: str) -> None:
    """See above."""
    for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        os.environ.setdefault(name, os.getcwd())  # nothing is read there; nnU-Net complains when they are not said
    half = torch.half
    with open(path, encoding="utf-8") as file:
        jobs = json.load(file)
    for job in jobs:
        found: dict[str, np.ndarray] = {}
        for name, sums in (("half", half), ("single", torch.float32)):
            torch.half = sums
            found |= predicted(job, name)
        torch.half = half
        np.savez(job["out"], **found)


def predicted(job: dict, name: str) -> dict[str, np.ndarray]:
    """One prediction; the arrays end in the name."""
    from nnunetv2.inference.export_prediction import convert_predicted_logits_to_segmentation_with_correct_shape
    from nnunetv2.inference.predict_from_raw_data import PreprocessAdapterFromNpy, nnUNetPredictor

    predictor = nnUNetPredictor(use_mirroring=job["mirror"], device=torch.device("cpu"), allow_tqdm=False)
    predictor.initialize_from_trained_model_folder(job["folder"], tuple(job["folds"]))
    previous = np.load(job["previous"]).astype(np.int16)[None] if job["previous"] else None
    parts = ([np.load(job["image"])], [previous], [{"spacing": job["spacing"]}], [None])
    plans, configuration = predictor.plans_manager, predictor.configuration_manager
    prepared = next(PreprocessAdapterFromNpy(*parts, plans, predictor.dataset_json, configuration, 1))
    logits = predictor.predict_logits_from_preprocessed_data(prepared["data"]).cpu()
    labels = predictor.label_manager.convert_logits_to_segmentation(logits)
    result = convert_predicted_logits_to_segmentation_with_correct_shape(
        logits, plans, configuration, predictor.label_manager, prepared["data_properties"]
    )
    return {"data": prepared["data"].numpy(), f"labels_{name}": np.asarray(labels), f"result_{name}": result}


if __name__ == "__main__":
    main(sys.argv[1])
