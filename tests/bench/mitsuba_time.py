"""Run by a Python that has Mitsuba: seconds of one sample, and the mean light, of a scene described in a file.

    python mitsuba_time.py SCENE.npz VARIANT WIDTH

The scene: ``sigma`` (k, j, i) extinction per millimetre over a box from ``low`` to ``high``, evenly scattering matter
of the ``albedo`` (one number, or (k, j, i, 3) linear colours), a white sky, a point light, and a camera. One line
of JSON is printed.
"""

import json
import sys
import time

import mitsuba as mi
import numpy as np


def main() -> None:
    path, variant, width = sys.argv[1], sys.argv[2], int(sys.argv[3])
    mi.set_variant(variant)
    given = np.load(path)
    scene = mi.load_dict(described(given, width))
    seconds, means = [], []
    for seed in range(4):
        began = time.perf_counter()
        picture = np.array(mi.render(scene, spp=1, seed=seed))
        seconds.append(time.perf_counter() - began)
        means.append(float(picture[..., :3].mean()))
    print(json.dumps({"seconds": sorted(seconds[1:])[1], "mean": float(np.mean(means))}))


def described(given, width: int) -> dict:
    """The scene in Mitsuba's words."""
    transform = mi.ScalarTransform4f
    low, high = given["low"], given["high"]
    camera = transform().look_at(origin=given["eye"].tolist(), target=given["target"].tolist(), up=given["up"].tolist())
    unit_cube = transform().translate(low.tolist()).scale((high - low).tolist())

    def grid(values) -> dict:
        made = mi.VolumeGrid(np.ascontiguousarray(values, np.float32))
        return {"type": "gridvolume", "grid": made, "to_world": unit_cube, "filter_type": "trilinear", "raw": True}

    albedo = given["albedo"]
    return {
        "type": "scene",
        "integrator": {"type": "volpath", "max_depth": int(given["bounces"]) + 2, "rr_depth": 3, "hide_emitters": True},
        "sensor": {
            "type": "perspective",
            "fov": float(given["fov"]),
            "fov_axis": "y",
            "to_world": camera,
            "film": {
                "type": "hdrfilm", "width": width, "height": width, "rfilter": {"type": "box"},
                "pixel_format": "rgb", "component_format": "float32",
            },
            "sampler": {"type": "independent", "sample_count": 1},
        },
        "sky": {"type": "constant", "radiance": float(given["sky"])},
        "light": {"type": "point", "position": given["light"].tolist(), "intensity": float(given["intensity"])},
        "box": {
            "type": "cube",
            "to_world": transform().translate(((low + high) / 2).tolist()).scale(((high - low) / 2).tolist()),
            "bsdf": {"type": "null"},
            "interior": {
                "type": "heterogeneous",
                "albedo": float(albedo) if albedo.ndim == 0 else grid(albedo),
                "sigma_t": grid(given["sigma"][..., None]),
                "phase": {"type": "isotropic"},
            },
        },
    }  # fmt: skip


if __name__ == "__main__":
    main()
