"""The classical systems of sources S1 to S4: descriptors of whole songs, scikit-learn, and the same commands."""
