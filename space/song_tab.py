"""The first tab: one song, from a file, the microphone or the examples, and all about it."""

import csv
import os
from pathlib import Path
from typing import Any

import gradio as gr

from answer_card import alert, song_card
from audio_files import decode_song
from judging import Judge
from limits import SongError
from several import problem_text
from texts import in_browser, language_of

HERE = Path(__file__).parent


def song_tab(judge: Judge) -> None:
    """Lay it out and wire it."""

    def hear(path: str | None, request: gr.Request) -> Any:
        if path is None:
            return gr.skip()
        language = language_of(request)
        try:
            waveform = decode_song(path, judge.rate)
        except SongError as problem:
            return alert(problem_text(problem, language)), gr.update(value=None), gr.update(), gr.update()
        card = song_card(judge.hear(waveform), waveform, os.path.basename(path), path, language)
        return card, gr.update(), gr.update(visible=False), gr.update(visible=True)

    with gr.Column() as choice:
        song = gr.Audio(
            sources=["upload", "microphone"], type="filepath", label=in_browser("song_input"), elem_id="song-input"
        )
        if examples := example_songs(HERE / "examples"):
            paths, titles = [[path] for path in examples], list(examples.values())
            gr.Examples(paths, song, example_labels=titles, label=in_browser("examples"), api_visibility="private")
        gr.Markdown(in_browser("privacy"), elem_classes="small-print")
    another = gr.Button(in_browser("another"), visible=False)
    card = gr.HTML(js_on_load=(HERE / "player.js").read_text(encoding="utf-8"), elem_id="song")
    private = {"api_visibility": "private"}
    song.change(hear, song, [card, song, choice, another], concurrency_id="model", **private)
    another.click(
        lambda: ("", None, gr.update(visible=True), gr.update(visible=False)),
        None,
        [card, song, choice, another],
        **private,
    )


def example_songs(folder: Path) -> dict[str, str]:
    """The songs of a folder with an `examples.csv` of file, title and author: path to what it is called."""
    table = folder / "examples.csv"
    if not table.exists():
        return {}
    with table.open(newline="", encoding="utf-8") as file:
        return {str(folder / row["file"]): f"{row['title']} · {row['author']}" for row in csv.DictReader(file)}
