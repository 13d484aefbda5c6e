"""Ray casting by VTK: the quick way to see a volume, with the same looks as the path tracer."""
