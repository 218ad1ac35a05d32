"""Songs as pictures of their spectrograms, made by others: read each time that they are asked for."""

from collections.abc import Iterable, Iterator

import torch
from datasets import Dataset
from tqdm import tqdm

from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.recipes import RecipeError
from tonada.listening.feature_cache import Features
from tonada.listening.limits import AudioError


class Pictured(Features):
    """What an extractor makes of a row's picture: thousands of them fit into no memory, and one takes milliseconds."""

    def __init__(self, rows: Dataset, place: int, column: str, extractor: TonadaFeatureExtractor):
        self.rows, self.place, self.column, self.extractor = rows, place, column, extractor
        super().__init__({}, ("spectrogram", "frame_mask", "segment_mask"))

    def __getitem__(self, name: str) -> torch.Tensor:
        return self._made()[name]

    def of_segments(self, chosen: list[int]) -> dict[str, torch.Tensor]:
        """The features of the picture, which is one segment."""
        return {name: tensor[chosen] for name, tensor in self._made().items()}

    def _made(self) -> dict[str, torch.Tensor]:
        heard = self.extractor(self.rows[self.place][self.column], return_tensors="pt")
        return {name: heard[name][0] for name in self}


def pictured(
    rows: Dataset, column: str, ears: Iterable[TonadaFeatureExtractor], script: str
) -> Iterator[Features | AudioError]:
    """
    Each row's picture as its extractor reads it; each is read once, to know that it can be.

    Raises:
        RecipeError: the extractor takes no pictures.
    """
    pictures = rows.select_columns([column])
    for place, ear in enumerate(tqdm(list(ears), "looking", unit="picture")):
        if ear.image_size is None or list(ear.branches) != ["spectrogram"]:
            raise RecipeError(
                f"{script} has pictures of spectrograms; say features: {{branches: [spectrogram], image_size: 128}}"
            )
        features = Pictured(pictures, place, column, ear)
        try:
            features["segment_mask"]
        except ValueError as error:
            yield AudioError("unreadable", f"picture {place} of {script}: {error}")
        else:
            yield features
