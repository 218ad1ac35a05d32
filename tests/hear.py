"""
Decode hostile files one after another in this process, whose memory is limited and whose every file has a time limit.

Prints for each file its name, how many megabytes it added at its worst, how many seconds long it was heard, and the
outcome. Who started this process learns from the last line which file killed it, and from the exit status how: the
alarm is a hang. Run as `hear.py PATH…`, or `hear.py --mutants FOLDER SEED FIRST LAST`.
"""

import resource
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import torch
from mutants import mutant
from recordings import ENCODERS, load
from tonada.feature_extraction import TonadaFeatureExtractor
from torchcodec.decoders import AudioDecoder

from tonada.listening.decoding import decode
from tonada.listening.limits import AudioError

SECONDS_EACH = 30
BYTES_MORE = 500_000_000  # than the process takes with everything imported
EXTRACTOR = TonadaFeatureExtractor()


def hear(path: Path) -> tuple[float, str]:
    """Seconds heard, and `ok`, a status, or in capitals what must never be."""
    try:
        waveform = decode(path, EXTRACTOR.sampling_rate)
    except AudioError as error:
        return 0, error.status if len(str(error).splitlines()) == 1 else "SEVERAL LINES"
    except BaseException as error:
        traceback.print_exc()
        return 0, f"TRACEBACK {type(error).__name__}"
    heard = EXTRACTOR(waveform, sampling_rate=EXTRACTOR.sampling_rate, return_tensors="pt")
    finite = all(torch.isfinite(value).all() for value in heard.values())
    return len(waveform) / EXTRACTOR.sampling_rate, "ok" if finite else "NOT FINITE"


def mutants(folder: Path, seed: int, first: int, last: int) -> Iterator[Path]:
    """Mutants of all formats in turn, each gone when the next comes."""
    recordings, suffixes = load(folder), list(ENCODERS)
    for number in range(first, last):
        suffix = suffixes[number % len(suffixes)]
        path = folder / f"{number}.{suffix}"
        path.write_bytes(mutant(recordings, suffix, seed, number))
        yield path
        path.unlink()


def kilobytes(what: str) -> int:
    """A line of this process's status."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{what}:")[1].split()[0])


def main(paths: Iterator[Path]) -> None:
    """Hear them all."""
    assert AudioDecoder is not None  # FFmpeg is loaded before memory is limited
    torch.set_num_threads(1)
    EXTRACTOR(torch.ones(EXTRACTOR.sampling_rate), sampling_rate=EXTRACTOR.sampling_rate)  # what is made once is made
    limit = 1024 * kilobytes("VmSize") + BYTES_MORE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for path in paths:
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
        before = kilobytes("VmRSS")
        signal.alarm(SECONDS_EACH)
        seconds, outcome = hear(path)
        signal.alarm(0)
        print(path.name, (kilobytes("VmHWM") - before) // 1000, f"{seconds:.3f}", outcome, sep="\t", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "--mutants":
        main(mutants(Path(sys.argv[2]), *map(int, sys.argv[3:])))
    else:
        main(map(Path, sys.argv[1:]))
