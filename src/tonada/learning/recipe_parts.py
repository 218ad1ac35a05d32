"""What a recipe may say, with its defaults; `recipes/emotion.yaml` says what its own choices are for."""

from dataclasses import dataclass, field
from typing import Any

CHOICES = {
    "deal": ("even", "hashed", "extended", "random", "official", "saved"),
    "class_balance": ("none", "weights", "sampler"),
    "schedule": ("one_cycle", "cosine", "constant"),
    "mixed_precision": ("none", "bf16", "fp16"),
    "tracker": ("none", "trackio", "tensorboard", "mlflow"),
}


@dataclass(frozen=True)
class Data:
    """
    Which songs, and how they are dealt into folds of disjoint groups: fold 0 tests, fold 1 validates.

    Attributes:
        script: the data set, by its name in `datasets_scripts`.
        folder: where it lies within the folder of all; without one it is fetched from the Hub, as of the commit that
            `options: {revision: …}` names.
        folds: how many; one tests, one validates, the rest is to learn from.
        seed: of the deal.
        deal: `even`, `hashed` and `extended` as in `datasets_scripts.splits`; `random`, which leaks groups, to measure
            how much that flatters; the data set's `official` split; or one that was `saved`.
        split: the file of the split that is `saved` or `extended`, within the folder of all.
        options: of the data set's `load`, such as `task: genre` of free_audio.
        also: more data sets with the same labels, `{script: …, folder: …, options: …}` each.
    """

    script: str
    folder: str = ""
    folds: int = 6
    seed: int = 0
    deal: str = "even"
    split: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    also: tuple[dict[str, Any], ...] = ()

    @property
    def sources(self) -> list[dict[str, Any]]:
        """All data sets, `script`, `folder` and `options` each."""
        first = {"script": self.script, "folder": self.folder, "options": self.options}
        return [first, *({"options": {}, **other} for other in self.also)]


@dataclass(frozen=True)
class Training:
    """
    The knobs of the loop. An augmentation is off at 0.

    Attributes:
        epochs: at most.
        patience: epochs without a better validation macro-F1 before stopping.
        batch_size: songs a step, of all processes together.
        accumulate: batches whose gradients are averaged for one step, where one that large does not fit into memory.
        segments_per_song: drawn anew from each song every epoch, so that a long song teaches no more than a short one.
        class_balance: where some labels are rare, `weights` make their songs count for more, and a `sampler` draws them
            more often, each time with other segments, but leaves out some of the others.
        learning_rate: the schedule's peak.
        schedule: `one_cycle` (Smith & Topin 2018; few epochs, from nothing), `cosine` (a tenth of the steps to warm up;
            for pretrained encoders) or `constant`.
        weight_decay: of AdamW.
        clip: largest norm of the gradient: one odd batch must not throw an LSTM off. 0 does not clip.
        frozen_epochs: first epochs in which the pretrained encoder inside the model, or all that `start` gave, does not
            learn, so that the gradients of a head that knows nothing yet do not spoil it; then it does, of an encoder
            its `encoder_unfrozen` layers. With as many as there are epochs, only the head learns.
        mixed_precision: `bf16` or `fp16` in the forward pass: on GPUs faster and in half the memory.
        masked_mels: widest band of mels blanked in a segment (SpecAugment, Park et al. 2019).
        masked_frames: longest stretch of frames blanked (likewise).
        shifted_frames: a segment turns by up to this many frames either way, its end to its beginning: segments are cut
            at quarter steps, and the model must not learn where.
        gain: a song's spectrogram is raised or lowered by up to this many decibels, as a loud refrain or intro that was
            cut off would have made the level of the rest.
        noise: added to the descriptors, in standard deviations of each: the network must not know songs by them.
        mixup: parameter of the Beta distribution that mixes each song with another, features and labels (Zhang et al.
            2018); 0.2 is usual. Against labels learned by heart.
        tracker: where losses and scores go beside the terminal.
        seed: of first weights, draws, disguises and dropout.
    """

    epochs: int = 20
    patience: int = 10
    batch_size: int = 16
    accumulate: int = 1
    segments_per_song: int = 2
    class_balance: str = "none"
    learning_rate: float = 5e-4
    schedule: str = "one_cycle"
    weight_decay: float = 0.1
    clip: float = 1.0
    frozen_epochs: int = 0
    mixed_precision: str = "none"
    masked_mels: int = 12
    masked_frames: int = 60
    shifted_frames: int = 0
    gain: float = 0.0
    noise: float = 0.2
    mixup: float = 0.0
    tracker: str = "trackio"
    seed: int = 0


@dataclass(frozen=True)
class Teachers:
    """
    Published networks from which the model learns beside the labels; see `docs/training.md`. None by default.

    Attributes:
        names: of `tonada.embedding`; their weights are where `TONADA_WEIGHTS` says.
        weight: what a song's embedding must tell of them counts beside its label.
        components: of what they hear together, so many principal ones are learned.
        also: data sets whose songs are heard without their labels, `{script: …, folder: …, options: …}` each.
        mixes: an epoch: the model learns from teachers alone, and from so many mixes of the songs of `data`, whose
            labels are not read; see `learning/mixes.py`. None by default, and labels are learned.
    """

    names: tuple[str, ...] = ()
    weight: float = 3.0
    components: int = 96
    also: tuple[dict[str, Any], ...] = ()
    mixes: int = 0


@dataclass(frozen=True)
class Report:
    """
    What is measured on which songs.

    Attributes:
        crossvalidate: every fold is answered by a model that all others taught, for as many epochs as the recipe says;
            the model that is kept learns from all songs. Without it one fold tests and one validates.
    """

    crossvalidate: bool = False


@dataclass(frozen=True)
class Recipe:
    """One system: what to load, how to hear it, what to build, how to teach it, what to measure."""

    name: str
    data: Data
    features: dict[str, Any] = field(default_factory=dict)
    model: dict[str, Any] = field(default_factory=dict)
    training: Training = field(default_factory=Training)
    teachers: Teachers = field(default_factory=Teachers)
    report: Report = field(default_factory=Report)
