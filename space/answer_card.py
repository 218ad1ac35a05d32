"""What is said of a song, as HTML: the answer, the player with its timeline, and the reasons."""

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

import numpy as np

from descriptor_words import height, in_words
from judging import Answer
from reasons import Descriptor
from texts import TEXTS, label_text
from timeline import clock, timeline

STRONGEST = 4  # descriptors shown on each side


def song_card(answer: Answer, waveform: np.ndarray, name: str, path: str, language: str) -> str:
    """
    All about a song.

    Args:
        answer: of the judge.
        waveform: of the song, `(samples,)`.
        name: of the song, as the visitor knows it.
        path: of its file, which the page plays.
        language: of the visitor.
    """
    drawn = timeline(waveform, answer.segments, answer.moments, answer.duration, language)
    return (
        f'<article class="song">{headline(answer, name, language)}'
        f"{_player(drawn, answer.duration, path, language)}{_why(answer, language)}</article>"
    )


def headline(answer: Answer, name: str, language: str) -> str:
    """The label or *not sure*, and all that qualifies it; screen readers say it when it comes."""
    texts, label = TEXTS[language], label_text(answer.label, language)
    said = escape(label if answer.sure else texts["not_sure"].format(label=label))
    lines = [texts["agreement"].format(share=f"{answer.agreement:.0%}") + "."]
    if answer.parents:
        above = ", ".join(f"{label_text(each, language)} ({chance:.0%})" for each, chance in answer.parents.items())
        lines.append(f"{texts['within']} {above}.")
    if answer.labels:
        lines.append(f"{texts['set']}: {', '.join(label_text(each, language) for each in answer.labels)}.")
    sure = "sure" if answer.sure else "unsure"
    number = list(answer.probabilities).index(answer.label)
    percent = f'<span class="percent">{answer.probability:.0%}</span>'
    return (
        f'<header class="headline {sure} label-{number}"><div role="status">'
        f'<p class="name">{escape(name)}</p>'
        f'<h2><span class="dot" aria-hidden="true"></span>{said} {percent}</h2>'
        f"<p>{escape(' '.join(lines))}</p></div>{bars(answer.probabilities, language)}</header>"
    )


def bars(probabilities: dict[str, float], language: str) -> str:
    """A bar a label, as long as it is probable."""
    rows = [
        f'<li class="label-{number}"><span class="said">{escape(label_text(label, language))}</span>'
        f'<span class="track" aria-hidden="true"><span style="width:{chance:.1%}"></span></span>'
        f'<span class="number">{chance:.0%}</span></li>'
        for number, (label, chance) in enumerate(probabilities.items())
    ]
    return f'<ul class="bars" aria-label="{escape(TEXTS[language]["probabilities"])}">{"".join(rows)}</ul>'


def alert(message: str) -> str:
    """What went wrong, which screen readers say at once."""
    return f'<p class="alert" role="alert">{escape(message)}</p>'


def _player(drawn: str, duration: float, path: str, language: str) -> str:
    texts = TEXTS[language]
    play, pause = escape(texts["play"]), escape(texts["pause"])
    button = f'<button type="button" class="play" data-play="{play}" data-pause="{pause}">{play}</button>'
    return (
        f"<section><h3>{escape(texts['timeline_title'])}</h3><p>{escape(texts['timeline_hint'])}</p>{drawn}"
        f'<div class="controls">{button}'
        f'<span class="time"><span class="now">0:00</span> / {clock(duration)}</span><span class="here"></span></div>'
        f'<p class="unplayable" hidden>{escape(texts["unplayable"])}</p>'
        f'<audio preload="metadata" src="gradio_api/file={quote(path)}"></audio></section>'
    )


def _why(answer: Answer, language: str) -> str:
    texts = TEXTS[language]
    found = []
    if answer.moments:
        buttons = [
            f'<button type="button" class="moment" data-start="{each.start:.2f}" data-end="{each.end:.2f}" aria-label="'
            f'{escape(texts["play_moment"].format(start=clock(each.start), end=clock(each.end)))}">'
            f"{clock(each.start)}–{clock(each.end)}</button>"
            for each in answer.moments
        ]
        found.append(f'<h4>{escape(texts["moments"])}</h4><div class="moments">{"".join(buttons)}</div>')
    if answer.descriptors:
        label = label_text(answer.label, language)
        spoke_for = [each for each in answer.descriptors[:STRONGEST] if each.contribution > 0]
        against = [each for each in answer.descriptors[::-1][:STRONGEST] if each.contribution < 0]
        strongest = max(abs(each.contribution) for each in answer.descriptors) or 1.0
        sides = [
            f"<div><h4>{escape(texts[side].format(label=label))}</h4>{_listed(them, strongest, side, language)}</div>"
            for side, them in (("for", spoke_for), ("against", against))
        ]
        found.append(f'<div class="sides">{"".join(sides)}</div><p>{escape(texts["descriptors_hint"])}</p>')
    return f"<section><h3>{escape(texts['why_title'])}</h3>{''.join(found)}</section>" if found else ""


def _listed(descriptors: Sequence[Descriptor], strongest: float, side: str, language: str) -> str:
    rows = [
        f"<li>{escape(in_words(each.column, language))} <em>{TEXTS[language][height(each.deviations)]}</em>"
        f'<span class="weight" aria-hidden="true" style="width:{abs(each.contribution) / strongest:.1%}"></span></li>'
        for each in descriptors
    ]
    return f'<ul class="{side}">{"".join(rows)}</ul>'
