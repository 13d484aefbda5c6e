"""Pictures: slices, label overlays, surfaces; no Qt."""
