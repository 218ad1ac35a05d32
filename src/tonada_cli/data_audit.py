"""`tonada data audit`: a data set in, a page that says what is wrong with it out."""

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonada_cli.audit_printing import as_json, as_lines
from tonada_cli.data_options import DataSetOptions, options_of
from tonada_cli.printing import fail, quiet_libraries, remark, track

if TYPE_CHECKING:
    import numpy as np
    from datasets import Dataset

    from tonada.proving.auditing.audit import Audit


class Deal(StrEnum):
    """How rows come to their sides, as recipes name it."""

    EVEN = "even"
    HASHED = "hashed"
    OFFICIAL = "official"


class Format(StrEnum):
    """How findings are printed."""

    TABLE = "table"
    JSON = "json"


def audit_data_set(
    name: Annotated[str, typer.Argument(help="A data set, as `tonada data list` has it.", show_default=False)],
    folder: Annotated[Path, typer.Argument(help="Its folder.", show_default=False)],
    report: Annotated[Path, typer.Option(help="The folder for report.md and its figures.", show_default=False)],
    deal: Annotated[
        Deal | None,
        typer.Option(help="How songs are split: official if the data set has one, else even.", show_default=False),
    ] = None,
    split: Annotated[
        Path | None,
        typer.Option(help="A saved split to audit instead: the split.json of a trained model.", show_default=False),
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Of a deal that is not official.")] = 6,
    seed: Annotated[int, typer.Option(min=0, help="Of a deal that is not official.")] = 0,
    set: Annotated[
        str | None,
        typer.Option(
            help="Descriptors to compute of the audio and look at, as `tonada features` names them: hsf90, bag32, …",
            show_default=False,
        ),
    ] = None,
    option: DataSetOptions = None,
    format: Annotated[Format, typer.Option(help="For people, or for programs.")] = Format.TABLE,
) -> None:
    """
    Look for leaks: one recording or one artist on two sides of a split, one recording with two labels.

    Recordings are one by their bytes, by their decoded samples, or by an acoustic fingerprint that survives
    re-encoding, resampling, gain, trimming and cropping; rows of a table and images by their content. Each fold is a
    side: what stands on two leaks in cross-validation.

    REPORT/report.md has the findings, missing and corrupt files, class balance, lengths and rates, labels that occur
    together, the tree of labels, and of descriptors the correlations, the explained variance and box plots by class.

    The exit code is 1 when a leak is found, else 2 when a file cannot be heard or a song was left out: nothing was
    compared with it. Each is named in the report. Descriptors of --set stay in REPORT, and the same command goes on
    with them. Needs matplotlib: pip install 'tonada\\[evaluate]'.

    Examples:

      tonada data audit emotify DATA/emotify --report audit

      tonada data audit folder ~/Music/labelled --report audit --deal even --folds 5 --set hsf90

      tonada data audit emotify DATA/emotify --report audit --split trained/split.json

      tonada data audit turkish DATA/turkish --report audit --option table=modified
    """
    from tonada.extras import lacking

    if told := lacking("evaluate", "matplotlib"):
        fail(f"drawing the figures {told}")
    from tonada.proving.auditing.report import write_report

    try:
        report.mkdir(parents=True, exist_ok=True)  # before an hour of listening
        with quiet_libraries():
            rows = _rows(name, folder, option or [])
            said, parts = _parts(rows, deal, split, folds, seed)
            audit = _audit(name, folder, rows, said, parts, set, report)
            page = write_report(audit, report)
    except KeyboardInterrupt:
        fail("interrupted before anything could be said of the data set", 130)
    except Exception as error:  # what strangers' files can be like has no end, and 1 would say that there are leaks
        fail(_told(error))
    typer.echo((as_json if format is Format.JSON else as_lines)(audit, page))
    raise typer.Exit(1 if audit.leaks else 2 if audit.unheard or audit.left_out else 0)


def _told(error: Exception) -> str:
    """An error in one line."""
    from tonada.datasets_scripts.splits import SplitError

    if isinstance(error, SplitError):
        return f"{error} (--deal, --folds, --split)"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}"
    said = " ".join(str(error).split())
    if isinstance(error, (ValueError, OSError)):
        return said
    return f"a file of the data set is not what was expected ({type(error).__name__}: {said})"


def _rows(name: str, folder: Path, options: list[str]) -> "Dataset":
    import datasets
    from tonada.datasets_scripts import registry

    datasets.disable_progress_bars()
    load = registry.data_set(name).load
    return load(folder, **options_of(load, options))


def _parts(rows: "Dataset", deal: Deal | None, split: Path | None, folds: int, seed: int) -> tuple[str, list[str]]:
    """How rows are split, in words, and the side of each."""
    from tonada.datasets_scripts import splits

    from tonada.proving.auditing.songs import parts_of

    if split is not None:
        if deal is not None:
            raise ValueError(f"--split {split} is dealt already; leave out --deal {deal}")
        saved = splits.load(split).of(rows["song_id"])
        return f"{split.name}, as saved", [f"fold {part}" if part.isdecimal() else part for part in saved]
    chosen = deal or (Deal.OFFICIAL if "split" in rows.features else Deal.EVEN)
    said = "official" if chosen is Deal.OFFICIAL else f"{chosen}, {folds} folds, seed {seed}"
    return said, parts_of(rows, chosen, folds, seed)


def _audit(
    name: str,
    folder: Path,
    rows: "Dataset",
    said: str,
    parts: list[str],
    descriptor_set: str | None,
    report: Path,
) -> "Audit":
    from tonada.proving.auditing.audit import audit
    from tonada.proving.auditing.files import hear

    paths = [audio["path"] for audio in rows["audio"]] if "audio" in rows.features else []
    if descriptor_set and not paths:
        raise ValueError(f"--set is for audio, and {name} has none; its columns are {', '.join(rows.features)}")
    features = _features(paths, descriptor_set, report) if descriptor_set else None
    heard = []
    for path in track(paths, total=len(paths), unit="song"):
        heard.append(hear(path))
        remark(heard[-1].message)
    return audit(name, folder.expanduser(), rows, said, parts, heard, features)


def _features(paths: list[str], descriptor_set: str, report: Path) -> tuple[list[str], "np.ndarray"]:
    """Descriptors of each file, computed into REPORT and read from there."""
    from tonada.cataloguing.features import SetError, extract, extractor_of
    from tonada.cataloguing.processes import HearingError, cores
    from tonada.cataloguing.tables import TableError
    from tonada.proving.auditing.descriptors import read_features

    output = report / f"{Path(descriptor_set).stem}.parquet"
    try:
        extractor = extractor_of(descriptor_set)
        found = [(path, None) for path in dict.fromkeys(paths)]
        with closing(extract(found, extractor, output, workers=cores())) as songs:
            for _ in track(songs, total=len(found), unit="song"):
                pass
    except (SetError, TableError, HearingError) as error:
        raise ValueError(str(error)) from error
    return read_features(output, paths)
