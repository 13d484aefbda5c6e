"""The workspace's index: which studies, series, files and cases there are, without opening any."""
