"""`tonada inspect`: what a model is made of, and what an answer costs."""

import typer

from tonada_cli.loading import quiet_loading
from tonada_cli.model_options import Model, Revision
from tonada_cli.printing import fail_on, printable

ROW = "{:<42}{:>12}{:>25}"


def inspect(
    model: Model = "emotion",
    revision: Revision = None,
) -> None:
    """
    Say what a model hears, answers and learned from, and what that costs: parameters and multiply-adds, part by part.
    Of Tonada's model of emotion if none is named.

    Examples:

      tonada inspect

      tonada inspect someone/their-model
    """
    from tonada.listening.listener import Listener, ModelError
    from tonada.proving.cost import cost_of
    from tonada.sharing.provenance import provenance_of_model

    quiet_loading()
    with fail_on(ModelError):
        listener = Listener.from_pretrained(model, revision)
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
