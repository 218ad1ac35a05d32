"""
What tagging costs: where a song's time goes, with one worker and with more, and what a catalogue takes.

Seconds of a core are the processor's own clock, which a busy machine changes less; songs a second are as a person
waits, and the load is printed beside them. VibeNet is measured in an environment of its own, by its interpreter:
`python benchmarks/tag.py --vibenet ENVIRONMENT/bin/python`. Part of `make bench`, without VibeNet.
"""

import argparse
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import librosa
import psutil
import torch
from bookkeeping import print_bookkeeping
from songs import EXAMPLES, repeated

from tonada.cataloguing.processes import cores
from tonada.cataloguing.tagging import Tagger, tag_batch
from tonada.cataloguing.tasks import Task, listeners_of
from tonada.checkpoints import tasks
from tonada.listening.decoding import decode_at
from tonada.memory import keep_freed_blocks

ROUNDS = 4
SECONDS = 240
SONGS = 6  # for each number of workers
CATALOGUES = (1_000_000, 100_000_000)
DECODING = "decoding and resampling"
WHOLE = "tag, all of it"
LIBROSA = "librosa.load at 22,050 Hz, beside it"
VIBENET = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from vibenet import load_model
net, songs = load_model(), sys.argv[2:]
with ThreadPoolExecutor(int(sys.argv[1])) as threads:
    list(threads.map(net.predict, songs[:2]))
    begun = time.perf_counter(), time.process_time()
    list(threads.map(net.predict, songs))
print(time.perf_counter() - begun[0], time.process_time() - begun[1])
"""


def processor_seconds(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Of each work the best of `ROUNDS`, in turn, so that a busy machine slows all of them; one more to warm up."""
    best = dict.fromkeys(works, float("inf"))
    for number in range(1 + ROUNDS):
        for name, work in works.items():
            begun = time.process_time()
            work()
            best[name] = min(best[name], time.process_time() - begun) if number else best[name]
    return best


def print_stages(song: Path, asked: list[Task]) -> float:
    """Where a song's time goes; returns the seconds of all of it."""
    listeners = listeners_of(asked)
    rates = sorted({each.extractor.sampling_rate for each in listeners.values()})
    waveforms = decode_at(song, rates)
    heard = {name: each.hear(waveforms[each.extractor.sampling_rate]) for name, each in listeners.items()}
    at = {rate: next(each for each in listeners.values() if each.extractor.sampling_rate == rate) for rate in rates}
    seconds = processor_seconds(
        {
            DECODING: lambda: decode_at(song, rates),
            **{f"features at {rate:,} Hz": lambda rate=rate: at[rate].hear(waveforms[rate]) for rate in rates},
            **{
                f"the model of {name}": lambda name=name: listeners[name].answer(heard[name], str(song))
                for name in listeners
            },
            WHOLE: lambda: tag_batch([str(song)], listeners),
            LIBROSA: lambda: librosa.load(song, sr=22_050),
        }
    )
    print(f"\n| {song.suffix[1:]} of {SECONDS // 60} minutes | seconds of a core | times decoding |\n|---|---|---|")
    for what, each in seconds.items():
        print(f"| {what} | {each:.3f} | {each / seconds[DECODING]:.2f} |", flush=True)
    return seconds[WHOLE]


def print_workers(songs: list[str], asked: list[Task], vibenet: str | None) -> None:
    """Songs a second with one worker and with more, started before, and of VibeNet: the best round of each."""
    works = {
        f"tag, {len(asked)} tasks": lambda workers: by_tonada(songs, asked, workers),
        "tag, emotion alone": lambda workers: by_tonada(songs, [Task("emotion")], workers),
    }
    if vibenet is not None:
        works["VibeNet"] = lambda workers: by_vibenet(songs, vibenet, workers)
    print("\n| what | workers | songs a second | efficiency | seconds of a core a song |\n|---|---|---|---|---|")
    alone: dict[str, float] = {}
    for workers in sorted({1, 2, 4, cores()}):
        rounds = [{what: work(workers) for what, work in works.items()} for _ in range(ROUNDS)]
        for what in works:
            waited, busy = min(one[what] for one in rounds)
            efficiency = alone.setdefault(what, waited) / waited / workers
            row = (what, workers, f"{len(songs) / waited:.2f}", f"{efficiency:.0%}", f"{busy / len(songs):.2f}")
            print(f"| {' | '.join(map(str, row))} |", flush=True)


def by_tonada(songs: list[str], asked: list[Task], workers: int) -> tuple[float, float]:
    """Seconds waited, and seconds of cores."""
    with on_cores(workers), Tagger(asked, workers=workers) as tagger:
        list(tagger.rows(songs))  # all of them start
        waited, busy = time.perf_counter(), of_children()
        list(tagger.rows(songs))
        return time.perf_counter() - waited, of_children() - busy


def by_vibenet(songs: list[str], python: str, workers: int) -> tuple[float, float]:
    """The same of VibeNet, as its own command hears: a song a thread."""
    with on_cores(workers):
        said = subprocess.run([python, "-c", VIBENET, str(workers), *songs], capture_output=True, text=True, check=True)
    waited, busy = map(float, said.stdout.split())
    return waited, busy


def print_catalogues(seconds: float, song_bytes: int) -> None:
    """What a catalogue of such songs takes."""
    print(f"\n| songs of {SECONDS // 60} minutes | hours of a core | days on 100 cores | TB read |\n|---|---|---|---|")
    for count in CATALOGUES:
        hours = count * seconds / 3600
        print(f"| {count:,} | {hours:,.0f} | {hours / 100 / 24:.1f} | {count * song_bytes / 1e12:,.1f} |")


def of_children() -> float:
    """Seconds that cores have worked for the processes that this one began."""
    times = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    return sum(each.user + each.system for each in times)


@contextmanager
def on_cores(count: int) -> Iterator[None]:
    """Whatever is begun meanwhile has so many cores to run on."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vibenet", metavar="PYTHON", help="interpreter of an environment that has VibeNet")
    vibenet = parser.parse_args().vibenet
    torch.set_num_threads(1)
    keep_freed_blocks()  # as a worker does
    asked = [Task(name) for name in tasks()]
    print(f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}; tasks: {', '.join(tasks())}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mp3 = repeated(EXAMPLES / "island-dreams.mp3", SECONDS, folder)
        seconds, mp3_bytes = print_stages(mp3, asked), mp3.stat().st_size
        print_stages(repeated(EXAMPLES / "forest-dance.ogg", SECONDS, folder), asked)
        songs = [folder / f"{number:03}.mp3" for number in range(SONGS)]
        for song in songs:
            song.symlink_to(mp3)
        print_workers([str(song) for song in songs], asked, vibenet)
    print(f"\nload {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores meanwhile")
    print_catalogues(seconds, mp3_bytes)
    print_bookkeeping(asked)


if __name__ == "__main__":
    main()
