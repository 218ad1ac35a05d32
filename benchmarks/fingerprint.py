"""
How many copies the audit's fingerprint finds, and how often it is wrong: the tables of docs/data.md.

Copies of real clips (4qaed, emotify) by ffmpeg, against all clips of both data sets. A copy is found if it and its
original match; precision is over all pairs of originals and copies that match, a pair of copies of one clip being
right. Clips that are nearly one recording count as one where a person would: same artist and title. With Debian's
`fpcalc` (libchromaprint-tools) on the path, Chromaprint's fingerprints are compared at their best offset beside it.
"""

import csv
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from tonada.listening.decoding import decode
from tonada.listening.limits import Limits
from tonada.proving.auditing import matching
from tonada.proving.auditing.fingerprint import HOP, RATE, Fingerprint, fingerprint
from tonada.proving.auditing.matching import Match, candidates, compare, matches

CLIPS = 30
"""Of each data set, that are copied."""
LEAST_SECONDS = 25.0
"""Of a clip that is copied: ten seconds of the middle must be there."""
COPIES = {
    "mp3, 128 kbit/s": ("mp3", ["-b:a", "128k"]),
    "mp3, 64 kbit/s": ("mp3", ["-b:a", "64k"]),
    "ogg, quality 1": ("ogg", ["-c:a", "libvorbis", "-q:a", "1"]),
    "aac, 64 kbit/s": ("m4a", ["-c:a", "aac", "-b:a", "64k"]),
    "resampled to 16 kHz": ("flac", ["-ar", "16000"]),
    "12 dB lower": ("flac", ["-af", "volume=-12dB"]),
    "begins 3.3 s later": ("flac", ["-ss", "3.3"]),
    "10 s of the middle": ("flac", ["-ss", "10", "-t", "10"]),
    "stereo, mp3": ("mp3", ["-ac", "2", "-b:a", "128k"]),
    "10 s of the middle, 6 dB lower, mp3, 64 kbit/s": (
        "mp3",
        ["-ss", "10", "-t", "10", "-af", "volume=-6dB", "-b:a", "64k"],
    ),
}
CHANCE_PAIRS = 100_000
CHROMAPRINT_ERRORS = 0.25
"""Share of bits; between the copies' and the strangers' that this program sees."""


def recording_of(folder: Path, name: str) -> dict[Path, str]:
    """Each clip's artist and title without stray marks, or its own name where there is no title."""
    with (folder / name / "metadata.csv").open(newline="", encoding="utf-8") as file:
        return {
            folder / name / row["file_name"]: f"{row['artist']} / {row['title'].strip(' :')}"
            if row["title"].strip()
            else row["file_name"]
            for row in csv.DictReader(file)
        }


def copies_of(clips: list[Path], folder: Path) -> dict[Path, tuple[Path, str]]:
    """Copies of each kind: the original and the kind, by the copy's path."""
    made = {}
    for clip in clips:
        for number, (kind, (suffix, options)) in enumerate(COPIES.items()):
            copy = folder / f"{clip.parent.parent.name}-{clip.stem}-{number}.{suffix}"
            subprocess.run(["ffmpeg", "-v", "error", "-i", clip, *options, copy], check=True)
            made[copy] = clip, kind
    return made


def prints_of(paths: list[Path]) -> tuple[list[Fingerprint], float]:
    """Fingerprints, and milliseconds a song without decoding."""
    prints, spent = [], 0.0
    for path in paths:
        waveform = decode(path, RATE, Limits(min_seconds=0))
        start = time.process_time()
        prints.append(fingerprint(waveform))
        spent += time.process_time() - start
    return prints, 1000 * spent / len(paths)


def chance(prints: list[Fingerprint]) -> np.ndarray:
    """Errors of different clips laid over each other anywhere, three seconds or more."""
    draw = random.Random(0)
    errors = []
    while len(errors) < CHANCE_PAIRS:
        one, other = draw.sample(range(len(prints)), 2)
        longest = len(prints[one].codes) - round(matching.LEAST_SECONDS * RATE / HOP)
        match = compare(prints, one, other, draw.choice((-1, 1)) * draw.randint(0, longest))
        errors += [match.errors] if match else []
    return np.array(errors)


def chromaprint(paths: list[Path]) -> list[np.ndarray]:
    """Chromaprint's codes, uint32 `(frames,)`; fpcalc may print them and still complain of the last packet."""
    run = [["fpcalc", "-raw", "-json", path] for path in paths]
    said = [subprocess.run(each, capture_output=True).stdout or b'{"fingerprint": []}' for each in run]
    return [np.array(json.loads(each)["fingerprint"], np.uint32) for each in said]


def best_errors(one: np.ndarray, other: np.ndarray) -> float:
    """The least share of bits that differ, over all offsets with half of the shorter one shared."""
    least = min(len(one), len(other)) // 2
    errors = [1.0]
    for ahead in range(least - len(other), len(one) - least + 1):
        here, there = max(0, ahead), max(0, -ahead)
        length = min(len(one) - here, len(other) - there)
        wrong = np.bitwise_count(one[here : here + length] ^ other[there : there + length])
        errors.append(float(wrong.mean() / 32))
    return min(errors)


def main() -> None:
    """Make the copies and print the tables."""
    folder = Path(os.environ.get("TONADA_DATA") or sys.exit("set TONADA_DATA to the folder of the data sets"))
    recording = {**recording_of(folder, "4qaed"), **recording_of(folder, "emotify")}
    originals = sorted(recording)
    long = [clip for clip in originals if soundfile.info(clip).duration >= LEAST_SECONDS]
    chosen = [
        clip
        for name in ("4qaed", "emotify")
        for clip in random.Random(0).sample([each for each in long if each.parts[-3] == name], CLIPS)
    ]
    with tempfile.TemporaryDirectory() as place:
        copies = copies_of(chosen, Path(place))
        paths = [*originals, *copies]
        prints, milliseconds = prints_of(paths)
        source = [*originals, *(clip for clip, _ in copies.values())]
        start = time.process_time()
        proposed = len(candidates(prints))
        index_seconds = time.process_time() - start
        found = matches(prints)
        print_recall(found, paths, copies)
    print_precision(found, [recording[each] for each in source], source)
    print(f"{len(paths)} songs, {len(paths) * (len(paths) - 1) // 2:,} pairs, {proposed:,} of them compared.")
    print_originals(found, originals, recording)
    print_chance(chance(prints[: len(originals)]))
    size = np.mean([each.codes.nbytes for each in prints[: len(originals)]])
    print(f"{size:,.0f} bytes and {milliseconds:.1f} ms a song of 30 s; the index of all {index_seconds:.1f} s.")


def print_precision(found: list[Match], recordings: list[str], source: list[Path]) -> None:
    """How many of the pairs found are right, and those that are not."""
    right = [each for each in found if recordings[each.first] == recordings[each.second]]
    worst = max(each.errors for each in right)
    print(f"\nPrecision {len(right) / len(found):.4f}: {len(right)} of {len(found)} right, errors {worst:.3f} at most.")
    for each in (each for each in found if recordings[each.first] != recordings[each.second]):
        print(f"Wrong: {source[each.first].name}, {source[each.second].name}, {each.errors:.3f}")


def print_chance(errors: np.ndarray) -> None:
    """How far the threshold is from what chance does."""
    mean, deviation = errors.mean(), errors.std()
    away = (mean - matching.MOST_ERRORS) / deviation
    print(f"\n{len(errors):,} pairs of different clips, laid over each other anywhere, differ in {mean:.3f} of their")
    print(f"bits, with a deviation of {deviation:.3f}, and in {errors.min():.3f} at least; {matching.MOST_ERRORS} is")
    print(f"{away:.1f} deviations away.")


def print_recall(found: list[Match], paths: list[Path], copies: dict[Path, tuple[Path, str]]) -> None:
    """The table of kinds."""
    matched = {(paths[each.first], paths[each.second]): each.errors for each in found}
    theirs = reference(copies) if shutil.which("fpcalc") else {}
    print("| copy | found | greatest errors |" + (" Chromaprint |" if theirs else ""))
    print("|---|---|---|" + ("---|" if theirs else ""))
    for kind in COPIES:
        pairs = [(clip, copy) for copy, (clip, its) in copies.items() if its == kind]
        errors = [matched[pair] for pair in pairs if pair in matched]
        line = f"| {kind} | {len(errors)} of {len(pairs)} | {max(errors, default=1):.3f} |"
        print(line + (f" {sum(theirs[copy] <= CHROMAPRINT_ERRORS for _, copy in pairs)} |" if theirs else ""))


def reference(copies: dict[Path, tuple[Path, str]]) -> dict[Path, float]:
    """Chromaprint's errors of each copy against its own original; prints those against another's original."""
    clips = sorted({clip for clip, _ in copies.values()})
    of_clip = dict(zip(clips, chromaprint(clips), strict=True))
    of_copy = dict(zip(copies, chromaprint(list(copies)), strict=True))
    strangers = [best_errors(of_clip[clips[place - 1]], of_clip[clip]) for place, clip in enumerate(clips)]
    print(f"Chromaprint, different clips: errors {np.mean(strangers):.3f}, least {min(strangers):.3f}.\n")
    return {copy: best_errors(of_clip[clip], of_copy[copy]) for copy, (clip, _) in copies.items()}


def print_originals(found: list[Match], originals: list[Path], recording: dict[Path, str]) -> None:
    """Clips of the data sets that match: what an audit of them finds."""
    for each in found:
        if each.second < len(originals):
            one, other = originals[each.first], originals[each.second]
            print(
                f"{one.parts[-3]} {one.stem} ({recording[one]}), {other.stem} ({recording[other]}): {each.errors:.3f}"
            )


if __name__ == "__main__":
    main()
