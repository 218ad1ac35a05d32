"""Chapters of a model's card that follow from the model and its data alone, whoever trained or pushed it."""

from collections.abc import Iterator
from pathlib import Path

import tonada
from tonada.datasets_scripts.provenance import Provenance
from tonada.datasets_scripts.registry import NAMES, data_set
from tonada.modeling import TonadaConfig
from tonada.modeling.labels_tonada import MULTI_LABEL, REGRESSION
from tonada.proving.machine import machine
from tonada.sharing.card_words import CITATION, FIGURES, IN_SPANISH, INTENDED_USE, LIMITS, ONE_LABEL, SPANISH

TOOK = "What it took"
"""The chapter on the time of a run."""


def chapters(config: TonadaConfig, provenance: Provenance | None) -> dict[str, str]:
    """
    The chapters by their headings, in the order of a card; one of which nothing is known has no text.

    Args:
        config: of the model.
        provenance: of what it learned from, if that is known.
    """
    return {
        "Labels": _labels(config),
        "Data": _data(provenance),
        "How sure": _how_sure(config),
        "Intended use": INTENDED_USE,
        "Limits": LIMITS if config.problem in (REGRESSION, MULTI_LABEL) else LIMITS + ONE_LABEL,
        "Citation": _citation(provenance),
        "En español": _in_spanish(config, provenance),
    }


def lacking(card: str, expected: dict[str, str]) -> dict[str, str]:
    """The chapters that have a text and whose heading a card has not; what stands in it stays as it is."""
    there = {line.removeprefix("## ").strip() for line in card.splitlines() if line.startswith("## ")}
    return {heading: text for heading, text in expected.items() if text and heading not in there}


def headed(texts: dict[str, str]) -> str:
    """Chapters as they stand in a card, each under its heading."""
    return "".join(f"\n## {name}\n\n{text}\n" for name, text in texts.items())


def figures_chapter(folder: Path) -> str:
    """The figures and the report that `tonada evaluate` left in a folder; empty where it left none."""
    shown = [f"![{title}]({name})" for name, title in FIGURES.items() if (folder / name).is_file()]
    told = "Every figure with its interval is in [report.md](report.md)." if (folder / "report.md").is_file() else ""
    return "\n\n".join(part for part in (told, "\n".join(shown)) if part)


def what_it_took(seconds: float | None) -> str:
    """The time of a run and the machine it ran on; empty where nobody measured it."""
    if seconds is None:
        return ""
    return (
        f"`tonada train` took {in_words(seconds)} on {machine()}: features that were not in the cache, learning and "
        "the baselines. Of a run that was interrupted this is the last part. Energy and carbon were not measured."
    )


def in_words(seconds: float) -> str:
    """A time as people say it: `1 h 02 min`, `3 min 20 s`."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 60} min {whole % 60:02} s" if whole >= 60 else f"{whole} s"


def _how_sure(config: TonadaConfig) -> str:
    """What the config knows of calibration; empty where nothing was fitted, as of values without probabilities."""
    if config.problem == REGRESSION:
        return ""
    told = []
    if config.temperature != 1:
        told.append(
            f"Probabilities are calibrated with temperature {config.temperature:.3f}, fitted on validation songs."
        )
    if config.conformal_quantile is not None:
        least = 1 - config.conformal_quantile
        told.append(
            f"Sets of labels with a probability of at least {least:.3f} were fitted to hold nine truths in ten."
        )
    if config.abstain_below is not None:
        told.append(f"Below a probability of {config.abstain_below:g} the answer is *unknown*.")
    return " ".join(told)


def _labels(config: TonadaConfig) -> str:
    tree = config.tree
    if not config.parents:
        return ", ".join(f"`{label}`" for label in tree.leaves) + ". There is no tree of labels."
    lines = "\n".join(f"{'  ' * depth}- `{label}`" for depth, label in _branches(config))
    return f"{lines}\n\nOnly the innermost have scores of their own; a label above them has the sum of theirs."


def _branches(config: TonadaConfig) -> Iterator[tuple[int, str]]:
    """Every label once, below the one above it, with how many are above."""
    told: set[str] = set()
    for leaf in config.tree.leaves:
        for depth, label in enumerate([*reversed(config.tree.ancestors(leaf)), leaf]):
            if label not in told:
                told.add(label)
                yield depth, label


def _data(provenance: Provenance | None) -> str:
    if provenance is None:
        return ""
    told = f"{provenance} (whole in `provenance.json`)."
    known = [name for name in (provenance.data_set, *provenance.also) if name in NAMES]
    return "\n".join([told, *(f"- `{name}`: {data_set(name).LICENSE}; from {data_set(name).SOURCE}" for name in known)])


def _citation(provenance: Provenance | None) -> str:
    names = () if provenance is None else (provenance.data_set, *provenance.also)
    of_data = (data_set(name).CITATION.strip() for name in names if name in NAMES)
    works = [CITATION.format(version=tonada.__version__), *of_data]
    return "```bibtex\n" + "\n".join(work for work in works if work) + "\n```"


def _in_spanish(config: TonadaConfig, provenance: Provenance | None) -> str:
    said = {
        label: f"`{label}` ({SPANISH[label]})" if label in SPANISH else f"`{label}`" for label in config.tree.leaves
    }
    return IN_SPANISH.format(
        labels=", ".join(said.values()),
        data=_learned_in_spanish(provenance) if provenance is not None else "",
    )


def _learned_in_spanish(provenance: Provenance) -> str:
    names = " y ".join(f"`{name}`" for name in (provenance.data_set, *provenance.also))
    return f"Aprendió de {names} ({provenance.rows} filas). "
