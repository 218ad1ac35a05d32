"""From a file to an answer: decoding, and the listener that classifies what was decoded."""
