"""`tonada inspect`: what a model is made of, and what an answer costs."""

from typing import Annotated

import typer

from tonada_cli.printing import complain, printable

ROW = "{:<42}{:>12}{:>25}"


def inspect(
    model: Annotated[
        str | None,
        typer.Argument(help="A folder or a Hub id; Tonada's emotion model if left out.", show_default=False),
    ] = None,
    revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit of the Hub model.", show_default=False)
    ] = None,
) -> None:
    """
    Say what a model hears, answers and learned from, and what that costs: parameters and multiply-adds, part by part.

    Examples:

      tonada inspect

      tonada inspect someone/their-model
    """
    from transformers.utils.logging import disable_progress_bar

    from tonada.listening.listener import Listener, ModelError
    from tonada.proving.cost import cost_of
    from tonada.sharing.provenance import provenance_of_model

    disable_progress_bar()
    try:
        listener = Listener.bundled("emotion") if model is None else Listener.from_pretrained(model, revision)
    except ModelError as error:
        complain(str(error))
        raise typer.Exit(2) from error
    config, extractor = listener.model.config, listener.extractor
    learned_from = provenance_of_model(listener.model.name_or_path, revision)
    parts = cost_of(listener.model, listener.one_segment())
    multiply_adds = sum(part.multiply_adds for part in parts)
    typer.echo(f"model      {listener.name}")
    typer.echo(f"answers    {', '.join(config.tree.nodes)}")
    length = f"segments of {extractor.segment_seconds:g} s" if extractor.segment_seconds else "whole songs"
    typer.echo(f"hears      {', '.join(config.branches)}; {length}, {extractor.sampling_rate} Hz")
    if set(config.branches) != {"descriptors"}:
        keeps = f", keeps {config.attention_top_k}" if config.attention_mode.startswith("topk") else ""
        typer.echo(f"attention  {config.attention_mode}{keeps}, {config.attention_placement}")
    typer.echo(f"data       {printable(str(learned_from or 'not recorded'))}")
    typer.echo()
    typer.echo(ROW.format("part", "parameters", "multiply-adds a segment"))
    for part in parts:
        typer.echo(ROW.format(part.name, f"{part.parameters:,}", f"{part.multiply_adds:,}"))
    typer.echo(ROW.format("all", f"{sum(part.parameters for part in parts):,}", f"{multiply_adds:,}"))
