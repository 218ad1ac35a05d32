"""
The Turkish table beside MIRtoolbox itself, which GNU Octave runs: writes docs/results/turkish50-mirtoolbox.csv.

    TONADA_DATA=… python benchmarks/turkish50_mirtoolbox.py FOLDER

FOLDER is MIRtooloct, MIRtoolbox 1.6.1 for Octave (github.com/martinarielhartmann/mirtooloct), with the `mirpeaks.m` of
MIRtoolbox 1.7 in the place of its own, which stumbles over cells. Octave needs Debian's octave-signal, -statistics and
-control. Tempo and attacks are left out: the one needs filters that Octave lacks, the other's definition is of 1.7.
"""

import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from songs import EXAMPLES
from tonada.feature_extraction import TonadaFeatureExtractor
from tqdm import tqdm

from tonada.listening.decoding import decode

OUTPUT = Path(__file__).parent.parent / "docs" / "results" / "turkish50-mirtoolbox.csv"
EVERY = 60  # of 4qaed's clips
SECONDS = 30
LEFT_OUT = ("_Tempo", "_AttackTime")
SCRIPT = """
warning('off', 'all'); pkg load control io signal statistics
addpath(genpath(getenv('MIRTOOLBOX'))); mirverbose(0); mirwaitbar(0);
[sound, rate] = audioread(getenv('CLIP')); a = miraudio(sound, rate);
values = @(f) mirgetdata(f)(:)';
rough = mirstat(mirroughness(a)); change = mirstat(mirhcdf(a));
pulse = mirautocor(mironsets(a, 'Detect', 0, 'Diff'), 'Min', .3, 'Max', 1.5, ...
                   'Resonance', 'ToiviainenSnyder', 'NormalWindow', 0);
row = [values(mirrms(a)) values(mirlowenergy(a)) mean(values(mirfluctuation(a))) values(mirmfcc(a)) ...
       rough.Mean rough.Slope values(mirzerocross(a)) values(mirrolloff(a)) values(mireventdensity(a)) ...
       max(values(pulse)) values(mirbrightness(a)) values(mircentroid(a)) values(mirspread(a)) ...
       values(mirskewness(a)) values(mirkurtosis(a)) values(mirflatness(a)) values(mirentropy(a)) ...
       values(mirchromagram(a)) change.Mean change.Std change.Slope change.PeriodFreq change.PeriodAmp ...
       change.PeriodEntropy];
printf('ROW'); printf(' %.10g', row); printf('\\n');
"""


def by_octave(waveform: np.ndarray, rate: int, mirtoolbox: str) -> np.ndarray:
    """MIRtoolbox's values of one clip, in the table's order."""
    with tempfile.TemporaryDirectory() as folder:
        soundfile.write(Path(folder) / "clip.wav", waveform, rate, subtype="FLOAT")
        environment = {**os.environ, "MIRTOOLBOX": mirtoolbox, "CLIP": str(Path(folder) / "clip.wav")}
        command = ["octave-cli", "--eval", SCRIPT]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    rows = [line for line in done.stdout.splitlines() if line.startswith("ROW")]
    if not rows:
        sys.exit(f"Octave gave no values: {done.stderr.strip() or done.stdout.strip()}")
    return np.array(rows[0].split()[1:], float)


def main() -> None:
    """Compare and write."""
    extractor = TonadaFeatureExtractor.for_set("turkish50")
    rate, columns = extractor.sampling_rate, extractor.descriptors.columns
    compared = [index for index, column in enumerate(columns) if not column.startswith(LEFT_OUT)]
    examples = sorted(path for path in EXAMPLES.iterdir() if path.suffix in (".ogg", ".mp3", ".flac"))
    clips = [*examples, *sorted((Path(os.environ["TONADA_DATA"]) / "4qaed" / "audio").glob("*.ogg"))[::EVERY]]
    ours, theirs = [], []
    for clip in tqdm(clips):
        waveform = decode(clip, rate)[: SECONDS * rate]
        ours.append(extractor(waveform, sampling_rate=rate)["descriptors"][0, 0, compared].astype(float))
        theirs.append(by_octave(waveform, rate, sys.argv[1]))
    difference = np.abs(np.array(ours) - np.array(theirs))
    scale = np.abs(theirs)
    relative = difference / np.maximum(scale, 1e-12)
    with OUTPUT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["column", "clips", "median_relative", "largest_relative", "largest_difference"])
        for place, index in enumerate(compared):
            figures = (np.median(relative[:, place]), relative[:, place].max(), difference[:, place].max())
            writer.writerow([columns[index], len(clips), *(f"{figure:.1e}" for figure in figures)])


if __name__ == "__main__":
    main()
