"""`tonada write-tags`: a table of tags in, mood and genre in the files' own metadata out."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonada_cli.printing import aside, complain, fail, fail_on, printable, track

if TYPE_CHECKING:
    from tonada.cataloguing.undo import Journal

USUAL = {"mood": "emotion", "genre": "genre"}
"""The task of each field, where nobody names another."""


def write_tags(
    tags: Annotated[Path, typer.Argument(help="A table that tonada tag made.", show_default=False)],
    write: Annotated[bool, typer.Option("--write", help="Do it; without this, only say what would be done.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Give all files back the bytes that they had.")] = False,
    mood: Annotated[
        str | None, typer.Option(metavar="TASK", help="Whose label is the mood; emotion if not given.")
    ] = None,
    genre: Annotated[
        str | None, typer.Option(metavar="TASK", help="Whose label is the genre; genre if not given.")
    ] = None,
    min_probability: Annotated[float, typer.Option(min=0, max=1, help="Of a label that is written.")] = 0.0,
    min_agreement: Annotated[float, typer.Option(min=0, max=1, help="Share of segments that agree with it.")] = 0.0,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also replace moods and genres that files have already.")
    ] = False,
) -> None:
    """
    Write mood and genre into the songs' own metadata: flac, ogg, opus, mp3, wav, aiff, m4a and wma.

    Without --write it says what would be done and touches nothing. A file is changed as a copy, which takes its place
    only when its audio is the same sample by sample; a file that has changed since it was tagged is left alone. What
    --undo needs to give back the same bytes stays in TAGS.undo.

    Examples:

      tonada write-tags tags.parquet --min-probability 0.6

      tonada write-tags tags.parquet --min-probability 0.6 --write

      tonada write-tags tags.parquet --undo
    """
    from tonada.cataloguing.file_tags import FileTagError
    from tonada.cataloguing.tables import TableError
    from tonada.cataloguing.undo import Journal

    if undo and write:
        fail("--write and --undo are opposites; give one of them")
    journal = Journal(tags.with_name(f"{tags.name}.undo"))
    with fail_on(TableError):
        if undo:
            todo: list[Callable[[], str | None]] = [partial(_undone, entry) for entry in journal.entries()]
        else:
            wanted = _wanted(tags, {"mood": mood, "genre": genre}, min_probability, min_agreement)
            todo = [partial(_changed, *each, replace, journal if write else None) for each in wanted]
    done = failed = 0
    for work in track(todo, total=len(todo), unit="song"):
        with aside():
            try:
                if (line := work()) is not None:
                    typer.echo(printable(line))
                    done += 1
            except FileTagError as error:
                complain(str(error))
                failed += 1
    said = "given back" if undo else "written" if write else "would be written; --write does it"
    typer.echo(f"{done} files {said}")
    raise typer.Exit(1 if failed else 0)


def _undone(entry: Path) -> str:
    from tonada.cataloguing.file_tags import undo

    return f"undone  {undo(entry)}"


def _changed(path: str, content: str, values: dict[str, str], replace: bool, journal: "Journal | None") -> str | None:
    """A line on what is written to a file, or would be without a journal; nothing if there is nothing to write."""
    from tonada.cataloguing.file_tags import planned, write

    change = planned(path, content, values, replace)
    if change is None:
        return None
    if journal is not None:
        write(change, journal)
    told = (f"{name}: {', '.join(change.before[name]) or '-'} -> {value}" for name, value in change.values.items())
    return f"{'; '.join(told)}  {path}"


def _wanted(
    tags: Path, asked: dict[str, str | None], probability: float, agreement: float
) -> list[tuple[str, str, dict[str, str]]]:
    """Path, content and values of each song that has some."""
    from tonada.cataloguing.chosen import Filter, Tags

    table = Tags(tags)
    for task in filter(None, asked.values()):
        table.check(task)
    fields = {field: task for field, usual in USUAL.items() if (task := asked[field] or usual) in table.tasks}
    if not fields:
        table.check(USUAL["mood"])
    values: dict[str, dict[str, str]] = {}
    contents: dict[str, str] = {}
    for field, task in fields.items():
        for row in table.songs(task, Filter(probability=probability, agreement=agreement)):
            values.setdefault(row["path"], {})[field] = row[f"{task}_label"]
            contents[row["path"]] = row["content"]
    return [(path, contents[path], each) for path, each in values.items()]
