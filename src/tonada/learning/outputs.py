"""What a model says of whole songs, one after the other."""

from collections.abc import Iterator

import torch

from tonada.learning.batches import whole_songs
from tonada.learning.songs import Song
from tonada.modeling import TonadaForAudioClassification, TonadaOutput


@torch.no_grad()
def outputs_of(model: TonadaForAudioClassification, songs: list[Song]) -> Iterator[TonadaOutput]:
    """The output for each song, the model in evaluation."""
    model.eval()
    for batch in whole_songs(songs):
        yield model(**{name: tensor.to(model.device) for name, tensor in batch.items() if name != "labels"})
