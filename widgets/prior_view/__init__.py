"""Another study beside the open one: its slice view, the strip that says what it is, and what links the two."""
