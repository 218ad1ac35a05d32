"""
Which resampler: soxr's qualities and torchaudio's two, to 22,050 Hz on one thread; part of `make bench`.

Tones through each show what noise hides; each figure is the worst of forty tones. Of those that the model hears: how
far the level is off (`gain`), and what is added to them (`added`: distortion, and the images of a low rate). Of those
above the new Nyquist frequency: what is left where the model hears it (`folded, heard`) and anywhere (`folded, all`).
A delay is no error: nothing the model hears depends on one.
"""

import functools
import statistics
import time
from collections.abc import Callable

import numpy as np
import soxr
import torch
import torchaudio

TARGET = 22_050
HIGHEST_HEARD = 9_000.0  # hertz, `max_frequency` of the extractor
RATES = (44_100, 48_000, 8_000, 192_000)
BLOCK_SECONDS, SPEED_SECONDS, TONE_SECONDS, TONES, RUNS = 10, 60, 2, 40, 5
KAISER_BEST = {  # the settings that torchaudio's documentation gives for librosa's kaiser_best
    "resampling_method": "sinc_interp_kaiser",
    "lowpass_filter_width": 64,
    "rolloff": 0.9475937167399596,
    "beta": 14.769656459379492,
}

Resampler = Callable[[np.ndarray, int], np.ndarray]


def by_soxr(waveform: np.ndarray, rate: int, quality: str) -> np.ndarray:
    """In blocks, as `decode` does."""
    stream = soxr.ResampleStream(rate, TARGET, 1, dtype="float32", quality=quality)
    step = BLOCK_SECONDS * rate
    parts = [stream.resample_chunk(waveform[at : at + step]) for at in range(0, len(waveform), step)]
    return np.concatenate([*parts, stream.resample_chunk(np.empty(0, np.float32), last=True)])


def by_torchaudio(waveform: np.ndarray, rate: int, **settings: object) -> np.ndarray:
    """Whole: it has no stream."""
    return torchaudio.functional.resample(torch.from_numpy(waveform), rate, TARGET, **settings).numpy()


RESAMPLERS: dict[str, Resampler] = {
    **{f"soxr {quality}": functools.partial(by_soxr, quality=quality) for quality in ("MQ", "HQ", "VHQ")},
    "torchaudio, default": by_torchaudio,
    "torchaudio, kaiser_best": functools.partial(by_torchaudio, **KAISER_BEST),
}


def times_real_time(resample: Resampler, rate: int) -> float:
    """Seconds of noise resampled in a second, the median of `RUNS` after one to warm up."""
    noise = np.random.default_rng(0).standard_normal(SPEED_SECONDS * rate, dtype=np.float32)
    seconds = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        resample(noise, rate)
        seconds.append(time.perf_counter() - start)
    return SPEED_SECONDS / statistics.median(seconds[1:])


def tone(hertz: float, rate: int) -> np.ndarray:
    """A sine of amplitude 1, float32."""
    return np.sin(2 * np.pi * hertz * np.arange(TONE_SECONDS * rate) / rate).astype(np.float32)


def middle(waveform: np.ndarray) -> np.ndarray:
    """One second without the ends, where a filter sees the silence outside; float64."""
    return waveform[TARGET // 2 : TARGET // 2 + TARGET].astype(np.float64)


def decibels(waveform: np.ndarray) -> float:
    """Level relative to a sine of amplitude 1."""
    return 10 * np.log10(2 * np.mean(waveform**2) + 1e-30)


def gain_and_added(resample: Resampler, rate: int) -> tuple[float, float]:
    """Decibels off, and decibels of what is no tone, worst of those to 9 kHz or to 0.85 of what a low rate holds."""
    gains, added = [], []
    for hertz in np.geomspace(30, min(HIGHEST_HEARD, 0.85 * rate / 2), TONES):
        heard = middle(resample(tone(hertz, rate), rate))
        phase = 2 * np.pi * hertz * np.arange(TARGET) / TARGET
        basis = np.stack([np.sin(phase), np.cos(phase)], axis=1)
        sine_and_cosine = np.linalg.lstsq(basis, heard)[0]
        gains.append(abs(20 * np.log10(np.linalg.norm(sine_and_cosine))))
        added.append(decibels(heard - basis @ sine_and_cosine))
    return max(gains), max(added)


def folded(resample: Resampler, rate: int, lowest: float) -> float:
    """Decibels of what comes through of tones from `lowest` hertz to the old Nyquist frequency, the worst of them."""
    tones = np.linspace(lowest, 0.499 * rate, TONES)
    return max(decibels(middle(resample(tone(hertz, rate), rate))) for hertz in tones)


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    print("| from Hz | resampler | times real time | gain, dB | added, dB | folded, heard, dB | folded, all, dB |")
    print("|---|---|---|---|---|---|---|")
    for rate in RATES:
        for name, resample in RESAMPLERS.items():
            speed = times_real_time(resample, rate)
            gain, added = gain_and_added(resample, rate)
            edges = (TARGET - HIGHEST_HEARD, 1.001 * TARGET / 2) if rate > TARGET else ()
            left = [f"{folded(resample, rate, edge):.0f}" for edge in edges] or ["", ""]
            print(f"| {rate:,} | {name} | {speed:,.0f} | {gain:.4f} | {added:.0f} | {' | '.join(left)} |", flush=True)


if __name__ == "__main__":
    main()
