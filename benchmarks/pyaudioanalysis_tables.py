"""
Whether the published package has the tables of a folder: `python benchmarks/pyaudioanalysis_tables.py PACKAGE FOLDER`.

PACKAGE is what `pip download --no-binary :all: --no-deps pyAudioAnalysis==0.3.14` brings, FOLDER has them as .npz.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from tonada.datasets_scripts import form, pyaudioanalysis


def main() -> None:
    """Print the shape of each table and whether all of it is equal, in the folder's own precision."""
    package, folder = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as place:
        opened = form.opened(pyaudioanalysis.PyAudioAnalysis, package, place)
        for table in ("genre", "music"):
            ours, known = (pyaudioanalysis._read(pyaudioanalysis._file(each, table)) for each in (opened, folder))
            same = all(np.array_equal(np.asarray(ours[name]).astype(known[name].dtype), known[name]) for name in known)
            print(f"{table}: {np.shape(ours['X'])}, {'equal' if same else 'DIFFERENT'}")


if __name__ == "__main__":
    main()
