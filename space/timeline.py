"""The picture of a song: its waveform, and under it how probable each label is over time; as SVG and HTML."""

from collections.abc import Sequence
from html import escape
from itertools import groupby

import numpy as np

from judging import Segment
from reasons import Moment
from texts import TEXTS, label_text

BARS = 250
WIDTH, WAVE, PROBABILITIES, GAP = 1000.0, 110.0, 74.0, 16.0  # of the picture; it is stretched to the page's width


def clock(seconds: float) -> str:
    """`1:05` for 65 seconds."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"


def peaks(waveform: np.ndarray, bars: int = BARS) -> np.ndarray:
    """The loudest sample of each of so many equal parts of `(samples,)`, 1 being the song's loudest: `(bars,)`."""
    edges = np.linspace(0, len(waveform), min(bars, len(waveform)) + 1).astype(int)
    loudest = np.maximum.reduceat(np.abs(waveform), edges[:-1])
    return loudest / max(float(loudest.max()), 1e-9)


def parts(segments: Sequence[Segment]) -> list[tuple[float, float, Segment]]:
    """Start and end of what each segment alone stands for: up to the next one, where they overlap."""
    ends = [*(after.start for after in segments[1:]), segments[-1].end]
    return [(segment.start, end, segment) for segment, end in zip(segments, ends, strict=True)]


def stretches(segments: Sequence[Segment]) -> list[tuple[float, float, str, float]]:
    """Neighbours of one label as one: start, end, label and mean probability, weighted by length."""
    found = []
    for label, run in groupby(parts(segments), key=lambda part: part[2].label):
        together = list(run)
        lengths = [end - start for start, end, _ in together]
        chances = [segment.probabilities[label] for *_, segment in together]
        mean = sum(seconds * chance for seconds, chance in zip(lengths, chances, strict=True)) / sum(lengths)
        found.append((together[0][0], together[-1][1], label, mean))
    return found


def picture(waveform: np.ndarray, segments: Sequence[Segment], moments: Sequence[Moment], duration: float) -> str:
    """The timeline as SVG; a path's class says whose colour it has."""
    labels = list(segments[0].probabilities)
    height = WAVE + GAP + PROBABILITIES
    drawn = [
        *_wave(waveform, segments, labels, duration),
        *(_mark(moment, duration) for moment in moments),
        *_probabilities(segments, labels, duration),
    ]
    whole = f'viewBox="0 0 {WIDTH:g} {height:g}" preserveAspectRatio="none"'
    return f'<svg {whole} aria-hidden="true" focusable="false">{"".join(drawn)}</svg>'


def timeline(
    waveform: np.ndarray, segments: Sequence[Segment], moments: Sequence[Moment], duration: float, language: str
) -> str:
    """The picture with a cursor that a keyboard moves too, and a button for each stretch of one label."""
    texts = TEXTS[language]
    slider = (
        f'role="slider" tabindex="0" aria-label="{escape(texts["timeline"])}" aria-valuemin="0" '
        f'aria-valuemax="{duration:.1f}" aria-valuenow="0" aria-valuetext="0:00"'
    )
    buttons = [
        f'<button type="button" class="stretch label-{list(segments[0].probabilities).index(label)}" '
        f'data-start="{start:.2f}" data-said="{escape(label_text(label, language))} {mean:.0%}" '
        f'style="left:{100 * start / duration:.2f}%;width:{100 * (end - start) / duration:.2f}%" '
        f'aria-label="{clock(start)}–{clock(end)}: {escape(label_text(label, language))}, {mean:.0%}">'
        f"<span>{escape(label_text(label, language))}</span></button>"
        for start, end, label, mean in stretches(segments)
    ]
    return (
        f'<div class="timeline" data-duration="{duration:.2f}">'
        f'<div class="canvas" {slider}>{picture(waveform, segments, moments, duration)}'
        '<div class="cursor"></div></div>'
        f'<div class="stretches">{"".join(buttons)}</div></div>'
    )


def _wave(waveform: np.ndarray, segments: Sequence[Segment], labels: list[str], duration: float) -> list[str]:
    """Bars, each in the colour of the segment it is in; those in none, silence at the ends, in no label's."""
    heights = peaks(waveform)
    width = WIDTH / len(heights)
    bars: dict[str, list[str]] = {}
    for index, loud in enumerate(heights):
        middle = (index + 0.5) / len(heights) * duration
        inside = next((segment.label for start, end, segment in parts(segments) if start <= middle < end), None)
        name = "quiet" if inside is None else f"label-{labels.index(inside)}"
        half = max(1.0, loud * WAVE / 2)
        left, top = index * width + 0.2 * width, WAVE / 2 - half
        bars.setdefault(name, []).append(f"M{left:.1f} {top:.1f}h{0.6 * width:.1f}v{2 * half:.1f}h-{0.6 * width:.1f}z")
    return [f'<path class="wave {name}" d="{"".join(each)}"/>' for name, each in bars.items()]


def _mark(moment: Moment, duration: float) -> str:
    left, width = WIDTH * moment.start / duration, WIDTH * (moment.end - moment.start) / duration
    return f'<rect class="moment" x="{left:.1f}" y="{WAVE + GAP / 2 - 2:g}" width="{width:.1f}" height="4"/>'


def _probabilities(segments: Sequence[Segment], labels: list[str], duration: float) -> list[str]:
    """One label on top of the other, the whole height together."""
    areas: dict[str, list[str]] = {label: [] for label in labels}
    for start, end, segment in parts(segments):
        bottom = WAVE + GAP + PROBABILITIES
        left, width = WIDTH * start / duration, max(0.0, WIDTH * (end - start) / duration - 2)
        for label in labels:
            high = PROBABILITIES * segment.probabilities[label]
            bottom -= high
            areas[label].append(f"M{left:.1f} {bottom:.1f}h{width:.1f}v{high:.1f}h-{width:.1f}z")
    return [f'<path class="chance label-{number}" d="{"".join(areas[label])}"/>' for number, label in enumerate(labels)]
