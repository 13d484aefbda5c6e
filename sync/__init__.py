"""Other machines; nothing here yet, the layer stands for the contracts."""
