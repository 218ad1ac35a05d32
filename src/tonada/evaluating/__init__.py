"""A model on a data set: which songs are held out, what it says of them, and what simpler systems say."""
