"""What goes wrong between a song and its embeddings."""


class EmbeddingError(ValueError):
    """A song that cannot be embedded, or weights that cannot be used, in one line that says what to do."""
