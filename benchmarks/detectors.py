"""
What source S2's detectors of music cost to teach and to ask, beside their scores in docs/results-classical.md:
`python benchmarks/detectors.py recipes/music-detect.yaml recipes/music-detect-transfer.yaml --data DATA`.

Every system of a classical recipe, or the network of another, learns from all songs and is asked about each of them, in
a process of its own. Descriptors and embeddings come from the cache: what they cost is told apart, in docs/speed.md and
docs/embeddings.md. Peak memory is the process's, with the libraries that it imports.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from memory import peak_megabytes
from tonada.feature_extraction import TonadaFeatureExtractor

from tonada.learning.classical.recipe import is_classical, load_classical
from tonada.learning.classical.rows import load_rows
from tonada.learning.classical.systems import fit_system, probabilities_of
from tonada.learning.lessons import Lesson
from tonada.learning.outputs import outputs_of
from tonada.learning.recipes import load_recipe
from tonada.learning.songs import deal, rows_of
from tonada.listening.feature_cache import FeatureCache


def classical_costs(path: Path, name: str, root: Path, cache: FeatureCache) -> tuple[float, float]:
    """Seconds to fit a system on all songs, and to answer one."""
    recipe = load_classical(path)
    rows = load_rows(recipe, root, cache)
    begun = time.perf_counter()
    songs = rows.columns, rows.values, rows.labels, rows.groups
    fitted = fit_system(recipe.systems[name], recipe.systems, *songs, recipe.seed)
    ready = time.perf_counter()
    probabilities_of(fitted, rows.values, len(rows.names))
    return ready - begun, (time.perf_counter() - ready) / len(rows.labels)


def network_costs(path: Path, _: str, root: Path, cache: FeatureCache) -> tuple[float, float]:
    """Seconds to teach a recipe's network all songs, and to answer one, all its segments."""
    recipe = load_recipe(path)
    lesson = Lesson(recipe, root, TonadaFeatureExtractor(**recipe.features), cache, 1, None, False)
    folds = deal(rows_of(recipe.data, root), recipe.data, root)
    begun = time.perf_counter()
    taught = lesson.teach(folds.leaving_out("none"))
    ready = time.perf_counter()
    songs = taught.songs["train"]
    for _ in outputs_of(taught.model, songs):
        pass
    return ready - begun, (time.perf_counter() - ready) / len(songs)


def systems_of(path: Path) -> list[str]:
    """The names of what a recipe builds."""
    return list(load_classical(path).systems) if is_classical(path) else [load_recipe(path).name]


def _row(path: Path, name: str, given: argparse.Namespace) -> str:
    """A line of the table, measured in a process of its own."""
    own = [str(path), "--data", str(given.data), *(["--cache", str(given.cache)] if given.cache else [])]
    command = [sys.executable, __file__, *own, "--alone", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    fit, answer, peak = json.loads(done.stdout.splitlines()[-1])
    return f"| {name} | {fit:.2f} | {1000 * answer:.2f} | {peak:.0f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="of features; your own by default")
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.alone:
        [path] = given.recipes
        costs = classical_costs if is_classical(path) else network_costs
        print(json.dumps([*costs(path, given.alone, given.data, FeatureCache(given.cache)), peak_megabytes()]))
        return
    print("| system | learn all songs, s | answer a song, ms | peak memory, MB |\n|---|---|---|---|")
    for path in given.recipes:
        for name in systems_of(path):
            print(_row(path, name, given), flush=True)


if __name__ == "__main__":
    main()
