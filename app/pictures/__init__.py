"""Pictures of a volume for files: what the commands `render` and `movie` and the window's exports share."""
