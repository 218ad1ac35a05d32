"""What the page refuses: the bounds on what a visitor sends, and the error that says so."""

MAX_MEGABYTES = 50
MAX_MINUTES = 15
MAX_SONGS = 20
MIN_SECONDS = 3.0
SILENCE_PEAK = 1e-4  # -80 dBFS: below the noise floor of any recording somebody meant to be heard


class SongError(Exception):
    """
    A recording that cannot be judged.

    Attributes:
        key: of the sentence in `texts.TEXTS` that says why and what to do.
        facts: the numbers in that sentence.
    """

    def __init__(self, key: str, **facts: float):
        super().__init__(key)
        self.key = key
        self.facts = facts
