"""The separation methods themselves: one stretch of a mix in, its stems out, which add up to the mix."""

import math
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import soxr

WINDOW_SECONDS = 0.093  # of the short-time spectrum: 2,048 samples at 22,050 Hz
APART_SECONDS = 0.25  # between two frames that count as repetitions of a third
REPETITIONS = 100  # at most; what Rafii & Pardo take
VOICE_FROM = 100.0  # hertz; a voice rarely goes below (Rafii & Pardo)
HDEMUCS_SHORTEST = 4096  # samples; it cannot take less
HDEMUCS = ("drums", "bass", "other", "vocals")


class SeparationError(ValueError):
    """A mix that cannot be separated as asked, in one line that says what to do."""


def repet_sim(mix: np.ndarray, rate: int) -> np.ndarray:
    """
    REPET-SIM (Rafii & Pardo, Music/voice separation using the similarity matrix, ISMIR 2012): what a song repeats is
    its accompaniment, and what it never repeats is the voice.

    Each frame is compared with all others by the cosine of their magnitudes. The median of those most like it, by
    librosa's nearest-neighbour filter, is what repeats in it, and the rest is the voice by a Wiener mask. As in the
    paper, the frames most like it must be peaks of similarity that lie apart (there 1 s in songs, here a quarter, so
    that a clip of 30 s holds enough): librosa's own recurrence matrix takes neighbours within one held note for
    repetitions. What no song does often enough, such as a singular attack, goes to the voice, sung or not.

    Args:
        mix: `(samples,)`.
        rate: hertz.

    Returns:
        float32 `(2, samples)`: voice, accompaniment.
    """
    import librosa
    from scipy.sparse import csc_matrix

    n_fft, spectrum = _spectrum(mix, rate)
    magnitude = np.abs(spectrum)
    alike = _repetitions(magnitude, round(APART_SECONDS * rate / (n_fft // 4)))
    repeating = librosa.decompose.nn_filter(magnitude, rec=csc_matrix(alike.T), aggregate=_median)
    repeating = np.minimum(repeating, magnitude)  # no more can repeat than there is
    mask = librosa.util.softmask(magnitude - repeating, repeating, power=2)
    mask[librosa.fft_frequencies(sr=rate, n_fft=n_fft) < VOICE_FROM] = 0
    return _masked(mix, spectrum, mask)


def harmonic_percussive(mix: np.ndarray, rate: int) -> np.ndarray:
    """
    Median filtering of the spectrogram (Fitzgerald 2010): what lasts is harmonic, what is broad and short percussive.
    librosa's `decompose.hpss` with its defaults.

    Args:
        mix: `(samples,)`.
        rate: hertz.

    Returns:
        float32 `(2, samples)`: harmonic, percussive.
    """
    import librosa

    _, spectrum = _spectrum(mix, rate)
    mask, _ = librosa.decompose.hpss(np.abs(spectrum), mask=True)
    return _masked(mix, spectrum, mask)


def voice_percussion(mix: np.ndarray, rate: int) -> np.ndarray:
    """
    The voice by `repet_sim`, and what is left of the accompaniment without its percussion by `harmonic_percussive`.

    Args:
        mix: `(samples,)`.
        rate: hertz.

    Returns:
        float32 `(3, samples)`: voice, accompaniment, percussion.
    """
    voice, rest = repet_sim(mix, rate)
    return np.stack([voice, *harmonic_percussive(rest, rate)])


def hdemucs(mix: np.ndarray, rate: int) -> np.ndarray:
    """
    Hybrid Demucs (Défossez 2021) as torchaudio's pipeline has it, for those who have its weights.

    It hears stereo at 44.1 kHz and its stems do not quite add up to the mix; what is left is shared out evenly among
    them (Wisdom et al. 2019, mixture consistency).

    Args:
        mix: `(samples,)`.
        rate: hertz.

    Returns:
        float32 `(4, samples)`: drums, bass, other, vocals.

    Raises:
        SeparationError: the weights are not on this machine, or damaged.
    """
    import torch

    model, own_rate = _hdemucs()
    heard = soxr.resample(np.pad(mix, (0, max(0, HDEMUCS_SHORTEST - len(mix)))), rate, own_rate)
    mean, deviation = float(heard.mean()), max(float(heard.std()), 1e-8)  # by which it was trained to be scaled
    scaled = torch.from_numpy((heard - mean) / deviation)
    with torch.inference_mode():
        sources = model(scaled.expand(1, 2, -1))[0].mean(1)  # (sources, samples)
    stems = soxr.resample(sources.numpy().T * deviation, own_rate, rate).T
    stems = np.pad(stems, ((0, 0), (0, max(0, len(mix) - stems.shape[1]))))[:, : len(mix)]
    return (stems + (mix - stems.sum(0)) / len(stems)).astype(np.float32)


def check_hdemucs() -> None:
    """
    Look for the weights; nothing is downloaded unasked.

    Raises:
        SeparationError: they are not there.
    """
    path = _hdemucs_weights()
    if not path.is_file():
        raise SeparationError(
            f"hdemucs needs torchaudio's weights, which are not on this machine: there is no {path}. Copy them there, "
            "or let torchaudio download them (about 320 MB): "
            'python -c "from torchaudio.pipelines import HDEMUCS_HIGH_MUSDB_PLUS as p; p.get_model()"'
        )


def _hdemucs_weights() -> Path:
    import torch
    from torchaudio.pipelines import HDEMUCS_HIGH_MUSDB_PLUS as BUNDLE

    return Path(torch.hub.get_dir()) / "torchaudio" / BUNDLE._model_path


@lru_cache(maxsize=1)
def _hdemucs() -> tuple[Callable[[Any], Any], int]:
    """The network in evaluation mode and its rate."""
    from torchaudio.pipelines import HDEMUCS_HIGH_MUSDB_PLUS as BUNDLE

    check_hdemucs()
    try:
        return BUNDLE.get_model(), BUNDLE.sample_rate
    except Exception as error:  # whatever torch says of a file that is not what it should be
        reason = (str(error) or type(error).__name__).splitlines()[0]
        path = _hdemucs_weights()
        raise SeparationError(f"hdemucs: {path} cannot be read ({reason}); delete it and get it again") from error


def _spectrum(mix: np.ndarray, rate: int) -> tuple[int, np.ndarray]:
    """The window's length, and the short-time spectrum `(bins, frames)`."""
    import librosa

    n_fft = 2 ** round(math.log2(WINDOW_SECONDS * rate))
    return n_fft, librosa.stft(np.pad(mix, (0, max(0, n_fft - len(mix)))), n_fft=n_fft)


def _masked(mix: np.ndarray, spectrum: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """What the mask lets through, and what it holds back."""
    import librosa

    passed = librosa.istft(spectrum * mask, n_fft=2 * (len(spectrum) - 1), length=len(mix))
    return np.stack([passed, mix - passed]).astype(np.float32)


def _median(stacked: np.ndarray, axis: int) -> np.ndarray:
    """`np.median` along the first axis, `(frames, bins)` to `(bins,)`: rows sort six times faster than it selects."""
    ordered = np.sort(np.ascontiguousarray(np.moveaxis(stacked, axis, -1)))
    count = ordered.shape[-1]
    return (ordered[..., (count - 1) // 2] + ordered[..., count // 2]) / 2


def _repetitions(magnitude: np.ndarray, apart: int) -> np.ndarray:
    """For each frame the frames that repeat it, itself among them: bool `(frames, frames)`."""
    from scipy.ndimage import maximum_filter1d

    frames = magnitude.T / np.maximum(np.linalg.norm(magnitude, axis=0), 1e-12)[:, np.newaxis]
    similarity = frames @ frames.T
    is_peak = similarity >= maximum_filter1d(similarity, 2 * apart - 1, axis=1, mode="constant")
    similarity[~is_peak] = -1
    most = np.argpartition(-similarity, min(REPETITIONS, len(frames)) - 1, axis=1)[:, :REPETITIONS]
    chosen = np.zeros_like(is_peak)
    np.put_along_axis(chosen, most, True, axis=1)
    return chosen & is_peak
