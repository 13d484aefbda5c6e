"""How a volume looks in 3D, as frozen data with a JSON form: presets, cases, scene files and tests share it."""
