"""Stand-ins for fluidsynth, so that what surrounds it is tested where it is not installed."""

from pathlib import Path


def fluidsynth_that(folder: Path, does: str, monkeypatch) -> None:
    """Put a `fluidsynth` first on the path: a shell script that `does` something with `$sound`, the file to write."""
    folder.mkdir(exist_ok=True)
    find = 'while [ "$1" != -F ]; do shift; done; sound=$2'
    (folder / "fluidsynth").write_text(f"#!/bin/sh\n{find}\n{does}\n")
    (folder / "fluidsynth").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
