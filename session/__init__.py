"""The open case: document, history, presentation, selection, actions, settings; no Qt, no VTK."""
