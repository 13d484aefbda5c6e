"""How the case is shown, in slices and in 3D."""
