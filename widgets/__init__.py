"""Qt: slice and volume views, tools that turn mouse and pen into edits, panels, dialogs."""
