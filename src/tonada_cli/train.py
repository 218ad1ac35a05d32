"""`tonada train`: a recipe and labelled songs in, a folder with a model out."""

import time
from pathlib import Path
from typing import Annotated

import typer

from tonada_cli.cache import CacheFolder
from tonada_cli.printing import fail


def train(
    recipe: Annotated[Path, typer.Argument(help="A YAML file of recipes/.", show_default=False)],
    data: Annotated[
        Path,
        typer.Option(envvar="TONADA_DATA", help="The folder that holds the recipe's data set.", show_default=False),
    ],
    output: Annotated[Path, typer.Option(help="Where the trained model goes.")] = Path("trained"),
    cache: CacheFolder = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was killed, from its last epoch.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, max=1024, help="Processes that make features not in the cache.")] = 1,
) -> None:
    """
    Learn from labelled songs as a recipe says: choose on validation, report on test, never share an artist.

    Writes the model, its extractor, its card with the measured figures and baselines, and every prediction behind them.

    A recipe of `kind: classical` compares systems over descriptors or a table of numbers, every song answered by models
    that saw none of its group. Interrupted, the same command goes on with the systems that are missing, without
    --resume.

    Examples:

      tonada train recipes/emotion.yaml --data DATA --output my-emotion

      tonada train recipes/turkish.yaml --data DATA --output my-turkish
    """
    from tonada.learning.classical.recipe import is_classical

    if is_classical(recipe):
        _train_classical(recipe, data, output, cache, workers)
    else:
        _train_network(recipe, data, output, cache, workers, resume)


def _train_network(recipe: Path, data: Path, output: Path, cache: Path | None, workers: int, resume: bool) -> None:
    from tonada.learning.ear import learn_to_hear
    from tonada.learning.recipes import RecipeError, load_recipe
    from tonada.learning.training import train as train_recipe
    from tonada.listening.feature_cache import FeatureCache
    from tonada.listening.limits import AudioError
    from tonada.sharing.ears import save_ear
    from tonada.sharing.folders import save_trained
    from tonada.sharing.measured import scores_table

    try:
        begun, wanted = time.monotonic(), load_recipe(recipe)
        output.mkdir(parents=True, exist_ok=True)
        state = output / "unfinished.safetensors"
        run = (wanted, data, FeatureCache(cache), workers, state, resume)
        if wanted.teachers.mixes:
            if (ear := learn_to_hear(*run)) is None:
                return
            save_ear(ear, wanted, recipe, output, time.monotonic() - begun)
            told = (
                f"It tells {ear.explained:.1%} of the variance of what its teacher hears in songs that are new to it."
            )
        else:
            if (trained := train_recipe(*run)) is None:  # another process of this run has it
                return
            save_trained(trained, wanted, recipe, output, time.monotonic() - begun)
            told = scores_table(trained, wanted)
    except (RecipeError, AudioError, OSError, ValueError) as error:
        fail(str(error))
    for unfinished in output.glob("unfinished*.safetensors"):
        unfinished.unlink()
    typer.echo(told)
    typer.echo(f"\nThe model, its card and what stands behind it are in {output}")


def _train_classical(recipe: Path, data: Path, output: Path, cache: Path | None, workers: int) -> None:
    from tonada.learning.classical.export import ExportError, save_network
    from tonada.learning.classical.recipe import load_classical
    from tonada.learning.classical.training import train_classical
    from tonada.listening.feature_cache import FeatureCache
    from tonada.listening.limits import AudioError
    from tonada.proving.crossvalidated import crossvalidated_table
    from tonada.sharing.classical import save_classically_trained

    try:
        wanted = load_classical(recipe)
        output.mkdir(parents=True, exist_ok=True)
        trained = train_classical(wanted, data, output, FeatureCache(cache), workers)
        save_classically_trained(trained, wanted, recipe, output)
    except (AudioError, OSError, ValueError) as error:
        fail(str(error))
    typer.echo(crossvalidated_table(trained.predictions))
    typer.echo(f"\nThe model, its card and its predictions are in {output}")
    try:
        save_network(trained.model, output / "network")
    except ExportError as error:
        typer.echo(f"It has no form that the stock pipeline runs: {error}")
    else:
        typer.echo(f"The same model for the stock pipeline and the Auto classes is in {output / 'network'}")
