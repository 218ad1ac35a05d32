"""Seconds to separate a clip by each method, and how far that gets with parts that are known: part of `make bench`."""

import tempfile

from known_mixes import gliding_voice, looped_chords, signal_to_distortion
from listening import median_seconds
from songs import EXAMPLES

from tonada.listening.decoding import decode
from tonada.listening.separation import METHODS, SeparationError, check_method, separate
from tonada.listening.stem_cache import StemCache

RATE = 22050
SECONDS = 30


def main() -> None:
    """Measure and print."""
    clip = decode(EXAMPLES / "the-king-is-dead.ogg", RATE)
    seconds = len(clip) / RATE
    print(f"\n| separating a {seconds:.0f}-s clip | seconds | times real time |\n|---|---|---|")
    for method in list(METHODS)[1:]:  # all but none
        try:
            check_method(method)
        except SeparationError:
            print(f"| {method} | not run here: its weights are missing | |")
            continue
        took = median_seconds(lambda method=method: separate(clip, RATE, method))
        print(f"| {method} | {took:.2f} | {seconds / took:.0f} |", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        cache = StemCache(folder)
        took = median_seconds(lambda: separate(clip, RATE, "repet-sim", cache))
        print(f"| repet-sim, from the cache | {took:.2f} | {seconds / took:.0f} |", flush=True)

    parts = {"voice": gliding_voice(SECONDS), "accompaniment": looped_chords(SECONDS)}
    mix = sum(parts.values())
    stems = separate(mix, RATE, "repet-sim")
    print("\n| repet-sim of a gliding voice over looped chords | in the mix, dB | in its stem, dB |\n|---|---|---|")
    for name, part in parts.items():
        figures = f"{signal_to_distortion(part, mix):.1f} | {signal_to_distortion(part, stems[name]):.1f}"
        print(f"| {name} | {figures} |")


if __name__ == "__main__":
    main()
