"""Many songs at once: their features in a table, in parallel and resumable."""
