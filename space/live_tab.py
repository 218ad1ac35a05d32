"""The second tab: the microphone, judged every second while it records."""

import gradio as gr

from answer_card import alert
from decoding import decode
from judging import Judge
from limits import SongError
from live import Heard, listen
from several import problem_text
from texts import in_browser, language_of

LONGEST = 300  # seconds of one recording
VISITORS = 4  # who may record at once


def live_tab(judge: Judge) -> None:
    """Lay it out and wire it."""

    def more(chunk: str | None, heard: Heard, request: gr.Request) -> tuple[str, Heard]:
        if chunk is None:
            return gr.skip()
        language = language_of(request)
        try:
            return listen(judge, heard, decode(chunk, judge.rate), language)
        except SongError as problem:
            return alert(problem_text(problem, language)), heard

    gr.Markdown(in_browser("live_hint"))
    microphone = gr.Audio(
        sources=["microphone"], streaming=True, type="filepath", label=in_browser("live_input"), elem_id="microphone"
    )
    card, heard = gr.HTML(elem_id="live"), gr.State(Heard())
    microphone.start_recording(lambda: (Heard(), ""), None, [heard, card], api_visibility="private", queue=False)
    microphone.stream(
        more,
        [microphone, heard],
        [card, heard],
        stream_every=1,
        time_limit=LONGEST,
        concurrency_limit=VISITORS,
        show_progress="hidden",
        api_visibility="private",
    )
