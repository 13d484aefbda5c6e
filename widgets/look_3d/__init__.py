"""Controls of the 3D picture."""
