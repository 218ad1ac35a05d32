"""`tonada train`: a recipe and labelled songs in, a folder with a model out."""

from pathlib import Path
from typing import Annotated

import typer

from tonada_cli.cache import CacheFolder
from tonada_cli.printing import complain


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

    Example:

      tonada train recipes/emotion.yaml --data DATA --output my-emotion
    """
    from tonada.learning.recipes import RecipeError, load_recipe
    from tonada.learning.training import train as train_recipe
    from tonada.listening.feature_cache import FeatureCache
    from tonada.listening.limits import AudioError
    from tonada.proving.tables import table
    from tonada.sharing.folders import save_trained

    try:
        wanted = load_recipe(recipe)
        output.mkdir(parents=True, exist_ok=True)
        state = output / "unfinished.safetensors"
        trained = train_recipe(wanted, data, FeatureCache(cache), workers, state, resume)
    except (RecipeError, AudioError, OSError, ValueError) as error:
        complain(str(error))
        raise typer.Exit(2) from error
    if trained is None:  # another process of this run has it
        return
    save_trained(trained, wanted, recipe, output)
    state.unlink()
    typer.echo(table(trained.predictions, wanted.name))
    typer.echo(f"\nThe model, its card and its predictions are in {output}")
