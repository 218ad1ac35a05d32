"""The Turkish table's descriptors by MIRtoolbox's definitions, plainly in float64 with numpy and scipy, one clip."""

import numpy as np
from scipy.signal import find_peaks

BARK = [
    *(100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320, 2700, 3150, 3700, 4400, 5300, 6400),
    *(7700, 9500, 12000, 15500),
]


def spectrum(frames: np.ndarray, rate: float, window: str = "hamming") -> tuple[np.ndarray, np.ndarray]:
    """Frequencies, and magnitude `(frames, bins)` of frames in a window, zeros up to a power of two."""
    samples = frames.shape[-1]
    shape = np.hamming(samples) if window == "hamming" else np.hanning(samples + 2)[1:-1]
    size = 2 ** int(np.ceil(np.log2(samples)))
    return np.arange(size // 2 + 1) * rate / size, np.abs(np.fft.rfft(frames * shape, n=size))


def cut(sound: np.ndarray, rate: int, seconds: float, hop: float) -> np.ndarray:
    length = int(seconds * rate + 1e-6)
    count = int((len(sound) - length) // (hop * rate)) + 1
    return np.stack([sound[int(n * hop * rate + 1e-6) :][:length] for n in range(count)])


def whole(sound: np.ndarray, rate: int) -> dict[str, float]:
    """What the table takes of the whole clip's spectrum."""
    hertz, magnitude = spectrum(sound[np.newaxis], rate)
    magnitude = magnitude[0]
    share = magnitude / magnitude.sum()
    centroid = (hertz * share).sum()
    spread = np.sqrt(((hertz - centroid) ** 2 * share).sum())
    values = {
        "_Rolloff_Mean": hertz[np.argmax(np.cumsum(magnitude) >= 0.85 * magnitude.sum())],
        "_Brightness_Mean": share[hertz > 1500].sum(),
        "_Spectralcentroid_Mean": centroid,
        "_Spectralspread_Mean": spread,
        "_Spectralskewness_Mean": ((hertz - centroid) ** 3 * share).sum() / spread**3,
        "_Spectralkurtosis_Mean": ((hertz - centroid) ** 4 * share).sum() / spread**4,
        "_Spectralflatness_Mean": np.exp(np.log(magnitude).mean()) / magnitude.mean(),
        "_EntropyofSpectrum_Mean": -(share * np.log(share)).sum() / np.log(len(share)),
    }
    names = [f"_MFCC_Mean_{number}" for number in range(1, 14)]
    values |= dict(zip(names, cepstrum(hertz, magnitude), strict=True))
    names = [f"_Chromagram_Mean_{number}" for number in range(1, 13)]
    return values | dict(zip(names, pitch_classes(hertz, magnitude[np.newaxis])[0], strict=True))


def cepstrum(hertz: np.ndarray, magnitude: np.ndarray) -> np.ndarray:
    edges = 400 / 3 + 200 / 3 * np.arange(13)
    edges = np.append(edges, edges[-1] * 1.0711703 ** np.arange(1, 30))
    bands = [
        (np.interp(hertz, edges[band : band + 3], [0, 1, 0]) * 2 / (edges[band + 2] - edges[band]) * magnitude).sum()
        for band in range(40)
    ]
    return np.array(
        [
            (np.cos(rank * (np.arange(40) + 0.5) * np.pi / 40) * np.log10(bands)).sum() / np.sqrt(20)
            for rank in range(1, 14)
        ]
    )


def pitch_classes(hertz: np.ndarray, magnitude: np.ndarray) -> np.ndarray:
    """Levels less than 20 dB below each frame's loudest, averaged over semitones, summed over five octaves."""
    lowest = hertz[hertz >= 100][0]
    inside = (hertz >= lowest) & (hertz <= 32 * lowest)
    hertz, decibels = hertz[inside], 20 * np.log10(magnitude[:, inside])
    heard = np.maximum(decibels - decibels.max(1, keepdims=True) + 20, 0)
    pitch = np.round(12 * np.log2(hertz / 261.6256)).astype(int)
    classes = np.zeros((len(heard), 12))
    for semitone in range(pitch.min(), pitch.max() + 1):
        low, here, high = 261.6256 * 2 ** ((semitone + np.array([-1, 0, 1])) / 12)
        level = heard[:, (hertz > (low + here) / 2) & (hertz < (here + high) / 2)].mean(1)
        classes[:, semitone % 12] += level / (2 if semitone in (pitch.min(), pitch.max()) else 1)
    return classes / classes.max(1, keepdims=True)


def harmonic_change(sound: np.ndarray, rate: int) -> np.ndarray:
    classes = pitch_classes(*spectrum(cut(sound, rate, 0.743, 0.0743), rate))
    turns = 2 * np.pi * np.arange(12) / 12
    axes = [radius * wave(step * turns) for step, radius in ((7, 1), (9, 1), (4, 0.5)) for wave in (np.sin, np.cos)]
    return np.linalg.norm(np.diff(classes @ np.array(axes).T, axis=0), axis=1)


def roughness(sound: np.ndarray, rate: int) -> np.ndarray:
    hertz, magnitude = spectrum(cut(sound, rate, 0.05, 0.025), rate)
    level = (magnitude - magnitude.min()) / (magnitude.max() - magnitude.min())
    values = []
    for frame, heights in zip(magnitude, level, strict=True):
        walled = np.concatenate([[-1], heights, [-1]])
        partials = find_peaks(walled, height=0.01, prominence=0.01)[0] - 1
        total = 0.0
        for position, one in enumerate(partials):
            others = partials[position + 1 :]
            scale = 0.24 / (0.0207 * hertz[one] + 18.96) * (hertz[others] - hertz[one])
            total += (frame[one] * frame[others] * (np.exp(-3.51 * scale) - np.exp(-5.75 * scale))).sum()
        values.append(total)
    return np.array(values)


def fluctuation(sound: np.ndarray, rate: int) -> float:
    frames = cut(sound, rate, 0.023, 1 / 80)
    hertz, magnitude = spectrum(frames, rate)
    kilohertz = np.maximum(hertz, 1e-9) / 1000
    ear = -3.64 * kilohertz**-0.8 + 6.5 * np.exp(-0.6 * (kilohertz - 3.3) ** 2) - 1e-3 * kilohertz**4
    power = magnitude**2 * 10 ** (ear / 10)
    edges = [-1, *BARK]
    bands = np.array([power[:, (hertz > low) & (hertz <= high)].sum(1) for low, high in zip(edges, BARK, strict=False)])
    apart = np.subtract.outer(np.arange(24), np.arange(24)) + 0.474
    decibels = 10 * np.log10(10 ** ((15.81 + 7.5 * apart - 17.5 * np.sqrt(1 + apart**2)) / 10) @ bands)
    speed = np.arange(4097) * 80 / 8192
    speed = speed[: np.argmax(speed >= 10) + 1]
    felt = np.minimum(speed / 4, 1 - 0.3 * (speed - 4) / 6)
    seconds = (len(frames) - 1) / 80 + frames.shape[1] / rate
    return (np.abs(np.fft.rfft(decibels, n=8192))[:, : len(speed)] * felt / seconds).mean()


def energy_curve(sound: np.ndarray, rate: int) -> np.ndarray:
    curve = (spectrum(cut(sound, rate, 0.1, 0.01), rate, "hanning")[1] ** 2).sum(1)
    return curve / curve.max()


def event_density(sound: np.ndarray, rate: int) -> float:
    curve = energy_curve(sound, rate)
    level = np.concatenate([[-1], (curve - curve.min()) / (curve.max() - curve.min()), [-1]])
    return len(find_peaks(level, height=0.1, prominence=0.1)[0]) * 100 / len(curve)


def pulse_clarity(sound: np.ndarray, rate: int) -> float:
    moves = np.diff(energy_curve(sound, rate))
    moves = moves - moves.mean()
    likeness = np.correlate(moves, moves, "full")[len(moves) - 1 :]
    seconds = np.arange(30, 151) / 100
    felt = np.maximum(1 - 0.25 * np.log2(seconds / 0.5) ** 2, 0)
    return (likeness[30:151] / likeness[0] * felt / felt.max()).max()


def low_energy(sound: np.ndarray, rate: int) -> float:
    rms = np.sqrt((cut(sound, rate, 0.05, 0.025) ** 2).mean(1))
    return (rms < rms.mean()).mean()


def slope(values: np.ndarray) -> float:
    time = np.linspace(0, 1, len(values))
    standardised = (values - values.mean()) / values.std(ddof=1)
    return (standardised * time).sum() / (time**2).sum()


def period(values: np.ndarray, rate: float) -> tuple[float, float, float]:
    likeness = np.correlate(values, values, "full")[len(values) - 1 :]
    likeness = likeness / likeness[0]
    first = np.argmax(np.diff(likeness) > 0) + 1
    lag = first + np.argmax(likeness[first:])
    share = np.abs(likeness) / np.abs(likeness).sum()
    return rate / lag, likeness[lag], -(share * np.log(share + 1e-12)).sum() / np.log(len(share))


def table(sound: np.ndarray, rate: int) -> dict[str, float]:
    """Every column of the table but tempo and attacks."""
    sound = sound.astype(float)
    rough, change = roughness(sound, rate), harmonic_change(sound, rate)
    frequency, amplitude, entropy = period(change, 1 / 0.0743)
    return whole(sound, rate) | {
        "_RMSenergy_Mean": np.sqrt((sound**2).mean()),
        "_Lowenergy_Mean": low_energy(sound, rate),
        "_Fluctuation_Mean": fluctuation(sound, rate),
        "_Roughness_Mean": rough.mean(),
        "_Roughness_Slope": slope(rough),
        "_Zero-crossingrate_Mean": (sound[1:] * sound[:-1] < 0).sum() / len(sound) * rate / 2,
        "_Eventdensity_Mean": event_density(sound, rate),
        "_Pulseclarity_Mean": pulse_clarity(sound, rate),
        "_HarmonicChangeDetectionFunction_Mean": change.mean(),
        "_HarmonicChangeDetectionFunction_Std": change.std(ddof=1),
        "_HarmonicChangeDetectionFunction_Slope": slope(change),
        "_HarmonicChangeDetectionFunction_PeriodFreq": frequency,
        "_HarmonicChangeDetectionFunction_PeriodAmp": amplitude,
        "_HarmonicChangeDetectionFunction_PeriodEntropy": entropy,
    }
