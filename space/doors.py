"""The page's functions for programs: an API for `gradio_client`, and tools of an MCP server."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import gradio as gr

from audio_files import decode_song
from descriptor_words import in_words
from judging import Answer, Judge
from limits import SongError
from several import check_count, problem_text, rows


def open_doors(judge: Judge) -> None:
    """Give the page under construction its endpoints."""

    def classify(song: str | None) -> dict[str, Any]:
        """
        Say what a song is, how sure that is, and what each part of it sounds like.

        Args:
            song: an audio file (wav, flac, ogg, opus, mp3, m4a or aac) of at most 15 minutes and 50 MB.
        """
        return _told(lambda: plain(judge.hear(decode_song(song, judge.rate)), judge.name))

    def explain(song: str | None) -> dict[str, Any]:
        """
        Say why a song is answered as it is: the moments the attention kept, and what each descriptor spoke for it.

        Args:
            song: an audio file (wav, flac, ogg, opus, mp3, m4a or aac) of at most 15 minutes and 50 MB.
        """
        return _told(lambda: reasons(judge.hear(decode_song(song, judge.rate))))

    def classify_several(songs: list[str] | None) -> list[dict[str, Any]]:
        """
        Classify up to 20 songs; a song that cannot be judged says why in its message.

        Args:
            songs: audio files (wav, flac, ogg, opus, mp3, m4a or aac).
        """

        def all_of_them() -> list[dict[str, Any]]:
            check_count(songs or [])
            return [
                {"song": row.song, "message": problem_text(row.problem, "en")}
                | ({} if row.answer is None else plain(row.answer, judge.name))
                for row in rows(judge, songs or [])
            ]

        return _told(all_of_them)

    with gr.Row(visible=False):
        song, songs = gr.Audio(type="filepath"), gr.File(file_count="multiple")
        answer, ask = gr.JSON(), gr.Button()
        for door, given in ((classify, song), (explain, song), (classify_several, songs)):
            ask.click(door, given, answer, api_name=door.__name__, concurrency_id="model")


def plain(answer: Answer, model: str) -> dict[str, Any]:
    """An answer under the names that `tonada classify --timeline --format json` gives its parts."""
    return {
        "label": answer.told,
        "parents": [] if answer.abstains else list(answer.parents),
        "probability": answer.probability,
        "probabilities": answer.probabilities,
        "agreement": answer.agreement,
        "set": answer.labels,
        "duration": answer.duration,
        "segments": [
            {"start": each.start, "end": each.end, "label": each.label, "probability": each.probabilities[each.label]}
            for each in answer.segments
        ],
        "model": model,
    }


def reasons(answer: Answer) -> dict[str, Any]:
    """Why an answer is what it is."""
    spoken = [asdict(each) | {"words": in_words(each.column, "en")} for each in answer.descriptors]
    return {"label": answer.label, "moments": [asdict(each) for each in answer.moments], "descriptors": spoken}


def _told(ask: Callable[[], Any]) -> Any:
    """A program is told in English what a person reads on the page."""
    try:
        return ask()
    except SongError as problem:
        raise gr.Error(problem_text(problem, "en"), print_exception=False) from problem
