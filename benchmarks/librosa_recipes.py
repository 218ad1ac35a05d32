"""The descriptor sets as one writes them with librosa 0.11 and scipy: what ours are held against."""

import librosa
import numpy as np
import scipy.stats

N_FFT, HOP = 2048, 512


def hsf90(waveform: np.ndarray, rate: int) -> np.ndarray:
    """The ninety columns; flux, which librosa lacks, by its formula."""
    magnitude = np.abs(librosa.stft(waveform, n_fft=N_FFT, hop_length=HOP))
    share = magnitude / np.maximum(magnitude.sum(0), 1e-30)
    flux = np.sqrt((np.diff(share, axis=1) ** 2).sum(0, keepdims=True))
    frames = np.concatenate(
        [
            _mfcc(magnitude, rate, 13),
            librosa.feature.zero_crossing_rate(waveform, frame_length=N_FFT, hop_length=HOP),
            librosa.feature.spectral_centroid(S=magnitude, sr=rate),
            librosa.feature.spectral_bandwidth(S=magnitude, sr=rate),
            np.pad(flux, ((0, 0), (1, 0))),
            librosa.feature.spectral_rolloff(S=magnitude, sr=rate),
            librosa.feature.chroma_stft(S=magnitude**2, sr=rate, tuning=0),
        ]
    )
    return np.concatenate([frames.mean(1), frames.var(1), frames.max(1)])


def bag32(waveform: np.ndarray, rate: int) -> np.ndarray:
    """The thirty-two means; envelope and band energy ratio, which librosa lacks, by their formulas."""
    magnitude = np.abs(librosa.stft(waveform, n_fft=N_FFT, hop_length=HOP))
    power = magnitude**2
    framed = librosa.util.frame(np.pad(waveform, N_FFT // 2), frame_length=N_FFT, hop_length=HOP)
    is_low = librosa.fft_frequencies(sr=rate, n_fft=N_FFT) < 2000
    low, high = power[is_low].sum(0), power[~is_low].sum(0)
    frames = [
        framed.max(0),
        librosa.feature.rms(y=waveform, frame_length=N_FFT, hop_length=HOP),
        librosa.feature.zero_crossing_rate(waveform, frame_length=N_FFT, hop_length=HOP),
        np.minimum(low / np.maximum(high, 1e-30), 1e10),
        librosa.feature.spectral_centroid(S=magnitude, sr=rate),
        librosa.feature.spectral_bandwidth(S=magnitude, sr=rate),
        librosa.feature.spectral_rolloff(S=magnitude, sr=rate),
        librosa.feature.chroma_stft(S=power, sr=rate),
        _mfcc(magnitude, rate, 13),
    ]
    return np.concatenate([np.atleast_2d(each).mean(1) for each in frames])


def fma518(waveform: np.ndarray, rate: int) -> np.ndarray:
    """
    FMA's `features.py` for librosa 0.11, with the rate given to every call.

    Its chroma of the constant-Q transform must be told that an octave has 12 bins: the default has become 36.
    """
    cqt = np.abs(librosa.cqt(waveform, sr=rate, hop_length=HOP, bins_per_octave=12, n_bins=84, tuning=None))
    cens = librosa.feature.chroma_cens(C=cqt, n_chroma=12, n_octaves=7, bins_per_octave=12)
    magnitude = np.abs(librosa.stft(waveform, n_fft=N_FFT, hop_length=HOP))
    features = {
        "chroma_cens": cens,
        "chroma_cqt": librosa.feature.chroma_cqt(C=cqt, n_chroma=12, n_octaves=7, bins_per_octave=12),
        "chroma_stft": librosa.feature.chroma_stft(S=magnitude**2, n_chroma=12, sr=rate),
        "mfcc": _mfcc(magnitude, rate, 20),
        "rmse": librosa.feature.rms(S=magnitude),
        "spectral_bandwidth": librosa.feature.spectral_bandwidth(S=magnitude, sr=rate),
        "spectral_centroid": librosa.feature.spectral_centroid(S=magnitude, sr=rate),
        "spectral_contrast": librosa.feature.spectral_contrast(S=magnitude, n_bands=6, sr=rate),
        "spectral_rolloff": librosa.feature.spectral_rolloff(S=magnitude, sr=rate),
        "tonnetz": librosa.feature.tonnetz(chroma=cens),
        "zcr": librosa.feature.zero_crossing_rate(waveform, frame_length=N_FFT, hop_length=HOP),
    }
    return np.concatenate([_seven_statistics(features[name]) for name in sorted(features)])


def _mfcc(magnitude: np.ndarray, rate: int, count: int) -> np.ndarray:
    mel = librosa.feature.melspectrogram(S=magnitude**2, sr=rate)
    return librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=count)


def _seven_statistics(frames: np.ndarray) -> np.ndarray:
    """In the order of FMA's columns; skewness and kurtosis of a constant are 0, where scipy says it does not know."""
    return np.concatenate(
        [
            np.nan_to_num(scipy.stats.kurtosis(frames, axis=1)),
            frames.max(1),
            frames.mean(1),
            np.median(frames, 1),
            frames.min(1),
            np.nan_to_num(scipy.stats.skew(frames, axis=1)),
            frames.std(1),
        ]
    )


RECIPES = {"hsf90": hsf90, "bag32": bag32, "fma518": fma518}
