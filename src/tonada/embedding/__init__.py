"""Hearing with networks that others trained: a song in, a sequence of embeddings out, and tags where there are any."""
