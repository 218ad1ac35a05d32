"""An evaluation as a page of Markdown, from the same facts as its JSON."""

from typing import Any

from tonada.proving.score_tables import gap_table, if_calibrated, markdown_table, number, score_table

Report = dict[str, Any]


def page(report: Report) -> str:
    """The whole page."""
    parts = [
        _head(report),
        _scores(report),
        _comparisons(report),
        _labels(report),
        _threshold(report),
        _confusion(report),
        _sureness(report),
        _gap(report),
        _cost(report),
        _refused(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(report: Report) -> str:
    data, songs = report["data"], report["systems"][report["model"]]["songs"]
    options = f" ({', '.join(data['options'])})" if data["options"] else ""
    paragraphs = [f"# {report['model']} on {data['name']}{options}"]
    paragraphs += [f"**{warning}.**" for warning in report["warnings"]]
    paragraphs.append(
        f"{_level(report)}{songs['count']} songs of {songs['groups']} performers or groups, of the part "
        f"*{data['part']}* ({data['source']}). Brackets are 95 % intervals, resampling performers. What each number "
        "means: docs/evaluation.md of Tonada."
    )
    return "\n\n".join(paragraphs)


def _level(report: Report) -> str:
    if (level := report["data"]["level"]) is None:
        return ""
    labels = ", ".join(report["systems"][report["model"]]["songs"]["labels"])
    return f"Level {level} of the tree of labels: {labels}; probabilities are the sums of those below. "


def _scores(report: Report) -> str:
    """Songs and segments of the model side by side, where it hears segments, and the songs of the baselines."""
    columns = {f"{report['model']}, {level}": each for level, each in report["systems"][report["model"]].items()}
    columns |= {name: each["songs"] for name, each in report["systems"].items() if name != report["model"]}
    return "## Scores\n\n" + score_table(columns)


def _comparisons(report: Report) -> str:
    rows = [
        [
            name,
            number(each["macro_f1"], "+"),
            number(each["accuracy"], "+"),
            f"{each['only_first']} / {each['only_second']}",
            f"{each['mcnemar']:.2g}",
        ]
        for name, each in report["comparisons"].items()
    ]
    head = ["baseline", "macro-F1 above it", "accuracy above it", "right alone: model / baseline", "McNemar's p"]
    return f"## Beside the baselines\n\nOn the same songs. {report['taught']}\n\n" + markdown_table(head, rows)


def _labels(report: Report) -> str:
    levels = report["systems"][report["model"]]
    rows = [
        [
            label,
            *(
                " / ".join(f"{each['labels'][label][name]:.3f}" for each in levels.values())
                for name in ("precision", "recall", "f1")
            ),
            str(of_song["support"]),
        ]
        for label, of_song in levels["songs"]["labels"].items()
    ]
    said = " / ".join(levels).capitalize()
    return f"## Labels\n\n{said}.\n\n" + markdown_table(["label", "precision", "recall", "F1", "songs"], rows)


def _threshold(report: Report) -> str:
    """What the command answers, where that is not the most probable label."""
    if (chosen := report.get("threshold")) is None:  # a network has none
        return ""
    songs = report["systems"][report["model"]]["songs"]["count"]
    return (
        f"## From its threshold\n\nAll other figures take the more probable label for the answer. This model answers "
        f"*{chosen['label']}* from a probability of {chosen['from']:.3f} on: to {chosen['answered']} of {songs} songs, "
        f"with a precision of {number(chosen['precision'])} and a recall of {number(chosen['recall'])}."
    )


def _confusion(report: Report) -> str:
    songs = report["systems"][report["model"]]["songs"]
    labels = list(songs["labels"])
    rows = [[label, *map(str, counts)] for label, counts in zip(labels, songs["confusion"], strict=True)]
    return "## Confusion\n\nRows are the truth. ![Confusion](confusion.png)\n\n" + markdown_table(["", *labels], rows)


def _sureness(report: Report) -> str:
    songs = report["systems"][report["model"]]["songs"]
    calibration, curve = songs["calibration"], songs["abstention"]["curve"]
    lines = [
        "## How sure",
        "",
        f"The calibration error is {calibration['ece']:.3f}; on as many songs, probabilities that were exactly "
        f"true would show {if_calibrated(calibration)}.",
    ]
    if songs["sets"] is not None:
        sets = songs["sets"]
        lines.append(
            f"Conformal sets hold {sets['coverage']:.3f} of the truths, with {sets['size']:.2f} labels on average; "
            f"{sets['empty']:.3f} of them are empty."
        )
    half = min(curve, key=lambda each: abs(each["coverage"] - 0.5))
    lines.append(
        f"Of the surest {half['coverage']:.0%} of the songs (from a probability of {half['above']:.2f}) "
        f"{half['accuracy']:.3f} are answered right, of all {curve[-1]['accuracy']:.3f}."
    )
    pictures = {"reliability": "Reliability", "abstention": "Abstention", "curves": "ROC and precision-recall"}
    lines += ["", " ".join(f"![{title}]({name}.png)" for name, title in pictures.items())]
    return "\n".join(lines)


def _gap(report: Report) -> str:
    gap = report["gap"]
    if gap is None:
        return "## The gap\n\nNot measured: no performer has two songs here, or there are too few to deal into folds."
    return (
        f"## The gap\n\nWhat sharing performers between learning and testing would add, measured of **{gap['of']}** "
        f"on all {gap['count']} songs (not of {report['model']}, which was not trained anew).\n\n{gap_table(gap)}"
    )


def _cost(report: Report) -> str:
    cost = report["cost"]
    rows = [
        ["a song, median", f"{cost['latency_seconds']['median']:.2f} s"],
        ["a song, 95th percentile", f"{cost['latency_seconds']['p95']:.2f} s"],
        ["peak memory of the process", f"{cost['peak_memory_bytes'] / 1e9:.2f} GB"],
    ]
    if cost["real_time_factor"] is not None:  # a table's rows have no length
        rows.insert(2, ["real-time factor", f"{cost['real_time_factor']:.4f}"])
    if "parameters" in cost:  # of a network
        rows.append(["parameters", f"{cost['parameters']:,}"])
        rows.append(["multiply-adds a segment", f"{cost['multiply_adds_a_segment']:,}"])
    return f"## Cost\n\nFrom file to answer, on {cost['machine']}.\n\n" + markdown_table(["", ""], rows)


def _refused(report: Report) -> str:
    if not report["refused"]:
        return ""
    names = "\n".join(f"- {each['song_id']}: {each['status']}" for each in report["refused"])
    return f"## Not heard\n\n{len(report['refused'])} songs could not be judged and are in no figure.\n\n{names}"
