"""A song as a model heard it, ready to be asked: and if this had been otherwise?"""

from collections.abc import Mapping

import torch

from tonada.explaining.targets import target_of
from tonada.modeling import TonadaForAudioClassification
from tonada.modeling.voting_tonada import calibrated, song_scores

AT_ONCE = 16  # segments that a pass hears; bounds memory, changes no value
MASKS = {"spectrogram": "frame_mask", "embeddings": "step_mask", "waveform": "sounds"}


class HeardSong:
    """
    What a model made of one song. A change of one branch's feature in some segments is heard alone: everything else
    is remembered, so that an hour of music is explained a segment at a time.

    The model is left as it is: not switched between modes, not written to, and its parameters get no gradients.

    Args:
        model: in evaluation mode.
        features: of one song, from the extractor, with the songs dimension.
        label: what to explain, see `target_of`.

    Warning:
        Under the vote `"majority"` the answer changes only where a segment changes sides, and has no slope. Explained
        is then the mean probability of the segments, which decides ties there.
    """

    def __init__(
        self, model: TonadaForAudioClassification, features: Mapping[str, torch.Tensor], label: str | None = None
    ):
        self.model = model
        self.config = model.config
        self.features = {name: tensor[0].to(model.device) for name, tensor in features.items()}
        with torch.no_grad():
            output = model(**{name: tensor.unsqueeze(0) for name, tensor in self.features.items()})
        self.logits = output.logits[0]
        self.embeddings = output.segment_embeddings[0]
        self.target = target_of(model.config, self.logits, label)

    @property
    def segments(self) -> int:
        """How many the song has."""
        return len(self.embeddings)

    def given(self, branch: str) -> torch.Tensor:
        """The feature of a branch as it was heard, `(segments, …)`."""
        return self.features[branch]

    def mask(self, branch: str) -> torch.Tensor | None:
        """What says how much of each segment is real, `(segments, …)`."""
        return self.features.get(MASKS.get(branch, ""))

    def absent(self, branch: str) -> torch.Tensor:
        """
        What stands for *not there* in a branch, as wide as one segment's feature: the mean over the training songs,
        which is zero once scaled. Zero itself in a branch that scales nothing: of a waveform it is silence, and source
        S2 fills short sounds with it.
        """
        encoder, feature = self.model.base_model.encoders[branch], self.given(branch)[0]
        return getattr(encoder, "mean", torch.zeros_like(feature)).expand(feature.shape).clone()

    @torch.no_grad()
    def score(self) -> float:
        """Of the song as it was heard; see [`Target.score`]."""
        return float(self.target.score(self._logits(self.embeddings.unsqueeze(0)))[0])

    def what_if(self, branch: str, changed: torch.Tensor, segments: slice = slice(None)) -> torch.Tensor:
        """
        Scores, `(variants,)`, of the song with a branch's feature changed in some segments.

        Args:
            branch: whose feature.
            changed: `(variants, segments, …)`, in place of what was heard there.
            segments: which ones.
        """
        return self.target.score(self.logits_if(branch, changed, segments))

    def logits_if(self, branch: str, changed: torch.Tensor, segments: slice = slice(None)) -> torch.Tensor:
        """As `what_if`, the model's `logits`, `(variants, leaves)`."""
        embeddings = self.embeddings.repeat(len(changed), 1, 1)
        embeddings[:, segments, self._columns(branch)] = self._heard(branch, changed, segments)
        return self._logits(embeddings)

    @torch.no_grad()
    def score_without(self, branch: str) -> float:
        """Of the song with nothing of its own in a branch; see `absent`."""
        embeddings = self.embeddings.clone()
        for first in range(0, self.segments, AT_ONCE):
            segments = slice(first, min(first + AT_ONCE, self.segments))
            nothing = self.absent(branch).expand(1, segments.stop - first, *self.given(branch).shape[1:])
            embeddings[segments, self._columns(branch)] = self._heard(branch, nothing, segments)[0]
        return float(self.target.score(self._logits(embeddings.unsqueeze(0)))[0])

    def _heard(self, branch: str, changed: torch.Tensor, segments: slice) -> torch.Tensor:
        """`(variants, segments, …)` of a branch's feature to its embeddings, `(variants, segments, width)`."""
        masks = () if (mask := self.mask(branch)) is None else (_repeated(mask[segments], len(changed)),)
        heard = self.model.base_model.encoders[branch](changed.flatten(0, 1), *masks, *self._unused(branch, masks))
        return heard.embedding.unflatten(0, changed.shape[:2])

    def _unused(self, branch: str, masks: tuple[torch.Tensor, ...]) -> tuple[None, ...]:
        """Encoders other than that of descriptors want to be told that nothing is masked."""
        return () if branch == "descriptors" or masks else (None,)

    def _columns(self, branch: str) -> slice:
        """Where a branch stands in a segment's embedding."""
        first = 0
        for name, width in self.config.embedding_sizes.items():
            if name == branch:
                return slice(first, first + width)
            first += width
        raise KeyError(branch)

    def _logits(self, embeddings: torch.Tensor) -> torch.Tensor:
        """`(songs, segments, embedding_size)` to `(songs, leaves)`: as the model, but for the vote of a majority."""
        model, config = self.model, self.config
        real = torch.ones(embeddings.shape[:2], device=embeddings.device)
        weights = None if model.scorer is None else model.scorer(embeddings, real)
        vote = "mean_probability" if config.vote == "majority" else config.vote
        song = song_scores(model.score_segments(embeddings, real), real, vote, config.problem, weights)
        return calibrated(song, config.temperature, config.problem)


def _repeated(mask: torch.Tensor, variants: int) -> torch.Tensor:
    """`(segments, …)` for each of several variants, one after the other: `(variants * segments, …)`."""
    return mask.repeat(variants, *[1] * (mask.dim() - 1))
