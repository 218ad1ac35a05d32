"""An audit as one Markdown page with its figures beside it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from tonada.proving.auditing.audit import Audit
from tonada.proving.auditing.descriptors import (
    Descriptors,
    closest,
    correlations,
    families,
    most_telling,
    principal,
)
from tonada.proving.auditing.figures import BOXES, draw_figures
from tonada.proving.auditing.files import quantiles
from tonada.proving.auditing.leaks import KINDS
from tonada.proving.auditing.matching import LEAST_SECONDS

SHOWN = 200  # rows of a table; a data set of broken links must not make a page that nobody can open
PAIRS = 10
SHARES = (0.9, 0.95, 0.99)


def write_report(audit: Audit, folder: Path) -> Path:
    """Draw the figures and write `report.md` into the folder; its path."""
    drawn = draw_figures(audit, folder)
    parts = [_head(audit), _findings(audit), _files(audit), _balance(audit), _lengths(audit), _together(audit)]
    parts += [_tree(audit), _descriptors(audit)]
    path = folder / "report.md"
    text = "\n\n".join(block for part in parts for block in part)
    path.write_text(_with_figures(text, drawn) + "\n", encoding="utf-8", errors="backslashreplace")
    return path


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows under a header; what a cell holds can neither leave it nor become a tag."""
    all_rows = list(rows)
    lines = [header, ["---"] * len(header), *(map(_cell, row) for row in all_rows[:SHOWN])]
    written = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return written + (f"\n\nand {len(all_rows) - SHOWN} more." if len(all_rows) > SHOWN else "")


def _cell(value: object) -> str:
    text = "".join(sign if sign.isprintable() else " " for sign in str(value))
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _with_figures(text: str, drawn: Sequence[str]) -> str:
    """Figures that were drawn, where their sections have them."""
    lines = text.split("\n")
    return "\n".join(line for line in lines if not line.startswith("![") or line.split("(")[1][:-5] in drawn)


def _head(audit: Audit) -> list[str]:
    counts = Counter(each.kind for each in audit.findings)
    rows = [(kind, "leak" if is_leak else "not yet", counts[kind]) for kind, is_leak in KINDS.items()]
    groups = len({song.group for song in audit.songs})
    said = f"{len(audit.songs)} rows, {len(audit.labels)} labels, {groups} groups; split: {audit.deal}."
    return [f"# Audit of {audit.name}", said, markdown_table(["found", "leak", "times"], rows)]


def _findings(audit: Audit) -> list[str]:
    """Of each kind, all there are."""
    blocks = ["## The same song twice, and groups on two sides"]
    if audit.heard:
        blocks.append(
            f"Compared by bytes, by decoded samples, and {audit.fingerprinted} of {len(audit.songs)} rows by acoustic "
            f"fingerprint, which takes {LEAST_SECONDS:g} s of sound."
        )
    else:
        blocks.append("Compared by content, number by number or byte by byte: there is no audio to fingerprint.")
    for kind in KINDS:
        found = [(each.message,) for each in audit.findings if each.kind == kind]
        blocks += [f"### {kind.capitalize()}: {len(found)}", markdown_table(["which"], found)] if found else []
    return blocks


def _files(audit: Audit) -> list[str]:
    if not audit.heard and not audit.left_out:
        return []
    blocks = ["## Missing and corrupt files", f"{len(audit.unheard)} of {len(audit.heard)} files cannot be heard."]
    told = [(each.status, each.message) for each in audit.unheard] + [("left out", each) for each in audit.left_out]
    return [*blocks, markdown_table(["what", "why"], told)] if told else blocks


def _balance(audit: Audit) -> list[str]:
    parts, counts = audit.balance
    rows = [(label, *row, sum(row)) for label, row in zip(audit.labels, counts.tolist(), strict=True)]
    rows.append(("all", *counts.sum(0).tolist(), int(counts.sum())))
    return ["## Class balance", markdown_table(["label", *parts, "all"], rows), "![rows of each label](classes.png)"]


def _lengths(audit: Audit) -> list[str]:
    heard = [each for each in audit.heard if each.seconds]
    if not heard:
        return []
    rows = [
        (name, *(f"{value:.1f}" for value in quantiles(values)))
        for name, values in {
            "seconds": [each.seconds for each in heard],
            "kbit/s": [each.bit_rate for each in heard],
        }.items()
    ]
    kinds = Counter((each.rate, each.channels, Path(each.path).suffix.lower()) for each in heard)
    return [
        "## Durations, rates and bit rates",
        markdown_table(["", "least", "lower quartile", "median", "upper quartile", "greatest"], rows),
        markdown_table(["hertz", "channels", "suffix", "files"], [(*kind, n) for kind, n in kinds.most_common()]),
        "![durations and bit rates](files.png)",
    ]


def _together(audit: Audit) -> list[str]:
    of_what, counts = audit.together
    rows = [(label, *row) for label, row in zip(audit.labels, counts.tolist(), strict=True)]
    blocks = [
        "## Labels that occur together",
        f"In {of_what}; on the diagonal, in how many the label occurs.",
        markdown_table(["", *audit.labels], rows),
        "![labels that occur together](together.png)",
    ]
    for level, pairs in audit.levels.items():
        above = list(dict.fromkeys(name for name, _ in pairs))
        rows = [(label, *(pairs[name, label] for name in above)) for label in audit.labels]
        blocks.append(markdown_table([f"label under {level}", *above], rows))
    return blocks


def _tree(audit: Audit) -> list[str]:
    return ["## The tree of labels", "\n".join(["```text", *audit.tree, "```"])] if audit.tree else []


def _by_family(table: Descriptors) -> list[str]:
    """Principal components of each descriptor's own columns (source S3), where there are several descriptors."""
    rows = []
    for family, own in families(table).items():
        shares, _ = principal(own)
        needed = int(np.searchsorted(np.cumsum(shares), SHARES[0])) + 1
        rows.append((family, len(own.names), f"{shares[0]:.1%}", needed))
    header = ["descriptor", "columns", "its first component explains", f"components that explain {SHARES[0]:.0%}"]
    return [markdown_table(header, rows)] if len(rows) > 1 else []


def _descriptors(audit: Audit) -> list[str]:
    table = audit.descriptors
    title = "## Descriptors"
    if table is None:
        advice = "None to look at: give `--set` with a name as `tonada features` has them, and they are computed."
        return [title, advice if audit.heard else "None to look at."]
    matrix = correlations(table)
    strengths = np.abs(matrix[np.triu_indices(len(matrix), 1)])
    shares, _ = principal(table)
    needed = [int(np.searchsorted(np.cumsum(shares), share)) + 1 for share in SHARES]
    songs, columns = table.left_out
    telling = ", ".join(f"`{table.names[column]}`" for column in most_telling(table, BOXES))
    return [
        title,
        f"{len(table.names)} descriptors of {len(table.values)} songs; left out: {songs} songs with what is no number, "
        f"{columns} columns that never change.",
        "### Missing values",
        markdown_table(["descriptor", "songs without it"], table.missing.items()) if table.missing else "None.",
        "### Correlations",
        f"{(strengths < 0.5).mean():.1%} of the pairs are below 0.5 without their sign, the strongest is "
        f"{strengths.max():.3f}.",
        markdown_table(
            ["correlation", "of", "and"],
            [(f"{value:+.3f}", one, other) for value, one, other in closest(table, matrix, PAIRS)],
        ),
        "![correlations](correlations.png)",
        "### Explained variance",
        "Principal components of standardised columns: "
        + ", ".join(f"{count} explain {share:.0%}" for count, share in zip(needed, SHARES, strict=True))
        + f"; the first alone {shares[0]:.1%}.",
        "![explained variance, and songs on the first two components](variance.png)",
        *_by_family(table),
        "### By class",
        f"The descriptors whose means differ most between classes, over all songs, test songs too: {telling}. "
        "Choose no descriptor by this page that a test score will judge.",
        "![descriptors by class](boxes.png)",
    ]
