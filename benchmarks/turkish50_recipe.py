"""The Turkish table's descriptors as one writes them with librosa 0.11 and numpy, as far as librosa has them."""

import librosa
import numpy as np

N_FFT, HOP = 2048, 512
LACKING = ("_Fluctuation", "_Roughness", "_AttackTime")  # what the recipe leaves out


def turkish50(waveform: np.ndarray, rate: int) -> np.ndarray:
    """
    Forty-five of the fifty columns: all but fluctuation, roughness and attacks.

    Means over librosa's frames, where the table has one spectrum of the whole clip.
    """
    magnitude = np.abs(librosa.stft(waveform, n_fft=N_FFT, hop_length=HOP))
    rms = librosa.feature.rms(S=magnitude, frame_length=N_FFT)
    centroid = librosa.feature.spectral_centroid(S=magnitude, sr=rate)
    spread = librosa.feature.spectral_bandwidth(S=magnitude, sr=rate)
    chroma = librosa.feature.chroma_stft(S=magnitude**2, sr=rate)
    mel = librosa.feature.melspectrogram(S=magnitude**2, sr=rate)
    onsets = librosa.onset.onset_strength(S=librosa.power_to_db(mel), sr=rate, hop_length=HOP)
    means = [
        rms,
        (rms < rms.mean()).astype(float),
        librosa.feature.tempo(onset_envelope=onsets, sr=rate, hop_length=HOP)[np.newaxis],
        librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=14)[1:],
        librosa.feature.zero_crossing_rate(waveform, frame_length=N_FFT, hop_length=HOP) * rate / 2,
        librosa.feature.spectral_rolloff(S=magnitude, sr=rate),
        *_rhythm(onsets, rate, waveform),
        *_shape(magnitude, rate, centroid, spread),
        librosa.feature.spectral_flatness(S=magnitude, power=1),
        chroma,
    ]
    return np.concatenate([*(each.mean(1) for each in means), _harmonic_change(chroma, rate)])


def _rhythm(onsets: np.ndarray, rate: int, waveform: np.ndarray) -> list[np.ndarray]:
    """Event density and pulse clarity, `(1, 1)` each."""
    events = librosa.onset.onset_detect(onset_envelope=onsets, sr=rate, hop_length=HOP)
    likeness = librosa.autocorrelate(onsets - onsets.mean())
    beats = likeness[int(0.3 * rate / HOP) : int(1.5 * rate / HOP)] / likeness[0]
    return [np.array([[len(events) / len(waveform) * rate]]), np.array([[beats.max()]])]


def _shape(magnitude: np.ndarray, rate: int, centroid: np.ndarray, spread: np.ndarray) -> list[np.ndarray]:
    """Brightness, centroid, spread, skewness, kurtosis and entropy of each frame, `(1, frames)` each."""
    hertz = librosa.fft_frequencies(sr=rate, n_fft=N_FFT)[:, np.newaxis]
    share = magnitude / np.maximum(magnitude.sum(0), 1e-12)
    deviation = (hertz - centroid) / np.maximum(spread, 1e-12)
    cubed = deviation**2 * deviation
    return [
        share[hertz[:, 0] > 1500].sum(0, keepdims=True),
        centroid,
        spread,
        (share * cubed).sum(0, keepdims=True),
        (share * cubed * deviation).sum(0, keepdims=True),
        -(share * np.log(share + 1e-12)).sum(0, keepdims=True) / np.log(len(share)),
    ]


def _harmonic_change(chroma: np.ndarray, rate: int) -> np.ndarray:
    """Its mean, deviation, slope, and its main period's frequency, amplitude and entropy."""
    change = np.linalg.norm(np.diff(librosa.feature.tonnetz(chroma=chroma)), axis=0)
    time = np.linspace(0, 1, len(change))
    slope = ((change - change.mean()) / change.std() * time).sum() / (time**2).sum()
    likeness = librosa.autocorrelate(change)
    likeness = likeness / likeness[0]
    first = int(np.argmax(np.diff(likeness) > 0)) + 1
    lag = first + int(np.argmax(likeness[first:]))
    share = np.abs(likeness) / np.abs(likeness).sum()
    entropy = -(share * np.log(share + 1e-12)).sum() / np.log(len(share))
    return np.array([change.mean(), change.std(), slope, rate / HOP / lag, likeness[lag], entropy])
