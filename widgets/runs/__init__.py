"""The runs of the workspace: table, plot, details."""
