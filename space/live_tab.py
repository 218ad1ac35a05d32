"""The second tab: the microphone, judged every second while it records."""

from typing import Any

import gradio as gr
import numpy as np

from judging import Judge
from live import Heard, History, answer_now
from texts import in_browser, language_of

TURN = 60  # seconds, after which a visitor who left is noticed, and one who goes on lets those who wait go first
VISITORS = 8  # who may record at once


def live_tab(judge: Judge) -> None:
    """
    Lay it out and wire it.

    Gradio's microphone sends a piece ten times a second and forgets what comes while a function runs, so the function
    that takes the pieces only puts them together, and a timer asks for answers.
    """

    def more(piece: tuple[int, np.ndarray] | None, heard: Heard) -> Heard:
        return heard if piece is None else heard.with_more(*piece)

    def answer(heard: Heard, history: History, request: gr.Request) -> Any:
        if heard.is_stale:  # the microphone is gone, or waits for its next turn
            return gr.skip()
        return answer_now(judge, heard, history, language_of(request))

    gr.Markdown(in_browser("live_hint"))
    microphone = gr.Audio(sources=["microphone"], streaming=True, label=in_browser("live_input"), elem_id="microphone")
    card, heard, history, second = gr.HTML(elem_id="live"), gr.State(Heard()), gr.State(()), gr.Timer(1, active=False)
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    microphone.start_recording(
        lambda: (Heard(), (), "", gr.Timer(active=True)), None, [heard, history, card, second], queue=False, **quiet
    )
    microphone.stream(more, [microphone, heard], heard, time_limit=TURN, concurrency_limit=VISITORS, **quiet)
    microphone.stop_recording(lambda: gr.Timer(active=False), None, second, queue=False, **quiet)
    # Not in the queue of the songs, where two long ones would keep every microphone waiting.
    second.tick(answer, [heard, history], [card, history], concurrency_id="live", **quiet)
