"""The window of the studies: what lies in the workspace's folders, searched, narrowed, opened."""
