"""A torso CT of nobody: anatomy from formulas, with the truth about every voxel, for the demo and for tests."""
