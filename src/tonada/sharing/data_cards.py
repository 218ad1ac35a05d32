"""The card of a data set as the Hub shows it: what the programs read above, what a person reads below."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import datasets
from datasets.info import DatasetInfosDict
from datasets.utils.metadata import MetadataConfigs
from huggingface_hub import DatasetCardData

from tonada.datasets_scripts import tables
from tonada.datasets_scripts.licences import licence_of
from tonada.datasets_scripts.provenance import Provenance
from tonada.sharing.parquet import features_of, parts_of

SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M", 10_000_000: "1M<n<10M"}

CARD = """---
{head}
---
# {name}

{description}

## Load it

```python
from datasets import load_dataset

songs = load_dataset("THIS FOLDER OR ITS HUB ID", split="{part}")
print(songs.features["label"].int2str(songs["label"][0]))
```

No code of this repository is run. {parts}

## Columns

| column | type |
|---|---|
{columns}

## Labels

| label | under | rows |
|---|---|---|
{labels}

## Licence

{licence}. {terms}
{licences}
## Where it is from

{source}

`{provenance}`

{citation}
Made by `tonada data build {name}`{options}.
"""


def data_card(
    module: ModuleType,
    rows: datasets.Dataset,
    provenance: Provenance,
    files: dict[str, list[Path]],
    options: Mapping[str, Any],
) -> str:
    """
    The text of README.md.

    Args:
        module: of the data set, for its facts.
        rows: that were written.
        provenance: of the rows.
        files: of each part, as `write_parquet` returned them.
        options: that `load` was given, beside the folder.
    """
    found = licence_of(module)
    parts = parts_of(rows)
    return CARD.format(
        head=_head(module, rows, files),
        name=provenance.data_set,
        description=(module.__doc__ or "").strip(),
        part=next(iter(parts)),
        parts=_said_of_parts(rows, parts),
        columns="\n".join(f"| `{name}` | {_type(feature)} |" for name, feature in rows.features.items()),
        labels=_labels(module, rows),
        licence=module.LICENSE,
        terms=f"A copy {found.terms}." if found.terms else "It is not known to allow copies: do not share this one.",
        licences=_licences(module, rows),
        source=module.SOURCE,
        provenance=provenance,
        citation=f"```bibtex\n{module.CITATION}\n```\n" if module.CITATION else "",
        options=_said_of_options(options),
    )


def _head(module: ModuleType, rows: datasets.Dataset, files: dict[str, list[Path]]) -> str:
    found = licence_of(module)
    named = {"license_name": found.name[:60], "license_link": module.SOURCE} if found.hub == ("other",) else {}
    data = DatasetCardData(
        license=found.hub[0] if len(found.hub) == 1 else list(found.hub),
        task_categories=[_task(rows.features)],
        tags=["music", "tonada"],
        pretty_name=(module.__doc__ or "").strip().split(":")[0].split("\n")[0],
        size_categories=[next((size for most, size in SIZES.items() if len(rows) < most), "n>1T")],
        **named,
    )
    splits = datasets.SplitDict()
    for part, members in parts_of(rows).items():
        size = sum(path.stat().st_size for path in files[part])
        splits.add(datasets.SplitInfo(part, num_bytes=size, num_examples=len(members)))
    sizes: dict[str, Any] = {"dataset_size": sum(each.num_bytes for each in splits.values())}
    info = datasets.DatasetInfo(features=features_of(rows), splits=splits, download_size=sizes["dataset_size"], **sizes)
    DatasetInfosDict({"default": info}).to_dataset_card_data(data)
    patterns = [{"split": part, "path": f"data/{part}-*"} for part in files]
    MetadataConfigs({"default": {"data_files": patterns}}).to_dataset_card_data(data)
    return data.to_yaml()


def _said_of_options(options: Mapping[str, Any]) -> str:
    """The options as they were given, and of a file of this machine its name alone."""
    said = {name: Path(value).name if str(value).startswith("/") else value for name, value in options.items()}
    return f" with {', '.join(f'{name}={value!r}' for name, value in said.items())}" if said else ""


def _said_of_parts(rows: datasets.Dataset, parts: dict[str, datasets.Dataset]) -> str:
    counts = ", ".join(f"`{part}` {len(members):,}" for part, members in parts.items())
    if "split" in rows.features:
        return f"The parts are the official split, which the column `split` says too: {counts} rows."
    return f"There is no official split: all {len(rows):,} rows are `train`. Split by `group`, or artists leak."


def _labels(module: ModuleType, rows: datasets.Dataset) -> str:
    """A line a label: what stands right above it in the tree, and how many rows have it."""
    feature = rows.features["label"]
    counts = Counter(feature.int2str(rows["label"][:]))
    lines = [f"| {name} | {module.PARENTS.get(name, '')} | {counts[name]:,} |" for name in feature.names]
    return "\n".join(lines)


def _licences(module: ModuleType, rows: datasets.Dataset) -> str:
    """Where a manifest tells the licence of each file: how many rows of a package have which."""
    if not hasattr(module, "MANIFEST"):
        return ""
    listed = tables.read(module.MANIFEST, ("package", "path", "licence"))
    of_song = {row["package"] + row["path"]: (row["package"], row["licence"]) for row in listed}
    counts = Counter(of_song.get(song, ("no package listed", "not known")) for song in rows["song_id"][:])
    lines = [f"| {package} | {licence} | {count:,} |" for (package, licence), count in sorted(counts.items())]
    return "\n".join(["\n| package | licence | rows |", "|---|---|---|", *lines, ""])


def _task(features: datasets.Features) -> str:
    kinds = {type(feature) for feature in features.values()}
    if datasets.Audio in kinds:
        return "audio-classification"
    return "image-classification" if datasets.Image in kinds else "tabular-classification"


def _type(feature: Any) -> str:
    if isinstance(feature, datasets.Audio | datasets.Image):
        return f"{type(feature).__name__.lower()}, its bytes as they were"
    if isinstance(feature, datasets.ClassLabel):
        return f"one of {', '.join(feature.names)}"
    if not isinstance(feature, datasets.List):
        return feature.dtype
    count = "any number of" if feature.length < 0 else f"{feature.length}"
    return (
        f"{count} numbers" if isinstance(feature.feature, datasets.Value) else f"{count} times {_type(feature.feature)}"
    )
