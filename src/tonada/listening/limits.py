"""What is refused, and in which words: the bounds on a recording, checked on its header and again on what was read."""

from dataclasses import dataclass

import numpy as np

SILENCE_PEAK = 1e-4  # -80 dBFS: below the noise floor of any recording somebody meant to be heard
LOUDEST = 1e6  # full scale is 1; what is louder by 120 dB is not sound but damage
TRUNCATED_SECONDS = 1.0  # a header may round its length; a file that misses more than this was cut


class AudioError(Exception):
    """
    A recording that cannot be judged.

    Attributes:
        status: one word for programs: `missing`, `empty`, `unreadable`, `truncated`, `too_long`, `too_short`,
            `too_large`, `unsupported`, `not_finite`, `silent` or `no_audio`.
    """

    def __init__(self, status: str, message: str):
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Limits:
    """
    What a recording may be at most, and at least; bounds on memory and time, generous for songs.

    Attributes:
        max_bytes: of the file.
        max_decoded_bytes: of its samples as float32 at their own rate and channels: the work a small file can make.
        max_seconds: of the recording; the waveform takes 88 kB a second at 22,050 Hz.
        min_seconds: what an answer needs.
        max_channels: in the file.
        min_rate: hertz.
        max_rate: hertz.
    """

    max_bytes: int = 4_000_000_000
    max_decoded_bytes: int = 16_000_000_000
    max_seconds: float = 2 * 3600.0
    min_seconds: float = 3.0
    max_channels: int = 8
    min_rate: int = 8_000
    max_rate: int = 192_000

    def check_size(self, size: int) -> None:
        """Bytes of the file, before it is opened."""
        if size == 0:
            raise AudioError("empty", "the file is empty (0 bytes); copy or download it again")
        if size > self.max_bytes:
            raise AudioError(
                "too_large",
                f"has {size:,} bytes, at most {self.max_bytes:,} are read; cut it up or raise --max-file-gb",
            )

    def check_sound(self, rate: int, channels: int, seconds: float) -> None:
        """What the header announces, before memory is taken, and what was read so far, because headers lie."""
        if not 1 <= channels <= self.max_channels:
            raise AudioError(
                "unsupported",
                f"has {channels} channels, 1 to {self.max_channels} are read; mix it down or raise --max-channels",
            )
        if not self.min_rate <= rate <= self.max_rate:
            raise AudioError(
                "unsupported",
                f"is sampled at {rate} Hz, {self.min_rate} to {self.max_rate} Hz are read; resample it"
                + (" or raise --max-rate" if rate > self.max_rate else ""),
            )
        if seconds > self.max_seconds:
            lasts, most = seconds / 60, self.max_seconds / 60
            raise AudioError(
                "too_long", f"lasts {lasts:.1f} minutes, at most {most:.1f} are read; cut it up or raise --max-minutes"
            )
        decoded = 4 * rate * channels * seconds
        if decoded > self.max_decoded_bytes:
            raise AudioError(
                "too_large",
                f"decodes to {decoded:,.0f} bytes ({seconds / 60:.1f} minutes of {channels} channels at {rate} Hz), at "
                f"most {self.max_decoded_bytes:,} are read; mix it down, resample it or raise --max-decoded-gb",
            )

    def check_whole(self, read: float, declared: float, peak: float) -> None:
        """Seconds read against seconds announced, and how far samples reach from the middle of their range."""
        if read == 0:
            raise AudioError("empty", "holds no sound at all (0 samples); record or export it again")
        if read < declared - TRUNCATED_SECONDS:
            raise AudioError(
                "truncated", f"ends after {read:.1f} s of the {declared:.1f} s it announces; copy or download it again"
            )
        if read < self.min_seconds:
            raise AudioError(
                "too_short",
                f"lasts {read:.2f} s, an answer needs at least {self.min_seconds:g} s; give a longer excerpt",
            )
        if peak < SILENCE_PEAK:
            raise AudioError(
                "silent", f"is silent once its channels are averaged (peak {peak:.0e}); there is nothing to judge"
            )


def finite_range(mono: np.ndarray, seconds: float) -> tuple[float, float]:
    """The least and the greatest sample of a block that begins at `seconds`, which must be numbers and sound."""
    least, greatest = float(mono.min()), float(mono.max())  # NaN comes through both
    if not np.isfinite(greatest - least):
        raise AudioError("not_finite", f"has samples that are not numbers, near {seconds:.0f} s; export it again")
    peak = max(-least, greatest)
    if peak > LOUDEST:
        raise AudioError("unsupported", f"has samples up to {peak:.0e} where full scale is 1; export it again")
    return least, greatest


def not_audio() -> AudioError:
    """Nothing that any reader knows."""
    return AudioError(
        "unreadable",
        "holds no audio that Tonada can read, whatever its name says; give wav, flac, ogg, opus, mp3, m4a or aac",
    )


def several() -> AudioError:
    """Sound behind the end of what the first header announces."""
    return AudioError("unsupported", "holds several recordings one after another; split it into a file for each")


def cut_off() -> AudioError:
    """Fewer bytes than the file needs."""
    return AudioError("truncated", "breaks off before its end or is damaged; copy or download it again")
