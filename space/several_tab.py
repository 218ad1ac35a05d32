"""The third tab: several songs as a table that fills as they are heard, and as a file."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from answer_card import alert
from judging import Judge
from limits import SongError
from several import check_count, problem_text, rows, saved, table
from texts import in_browser, language_of


def several_tab(judge: Judge) -> None:
    """Lay it out and wire it."""

    def hear(paths: list[str] | None, request: gr.Request) -> Iterator[Any]:
        language = language_of(request)
        try:
            check_count(paths or [])
        except SongError as problem:
            yield alert(problem_text(problem, language)), gr.update(visible=False)
            return
        found = []
        for row in rows(judge, paths or []):
            found.append(row)
            yield table(found, language), gr.update(visible=False)
        if found:
            with saved(found, judge.labels) as file:  # the page keeps a copy, which goes with the visitor's files
                yield gr.skip(), gr.update(value=file, visible=True)

    files = gr.File(file_count="multiple", file_types=["audio"], label=in_browser("several_input"), elem_id="songs")
    go = gr.Button(in_browser("several_go"), variant="primary", elem_id="go")
    answers = gr.HTML(elem_id="answers")
    download = gr.DownloadButton(in_browser("several_save"), visible=False, elem_id="download")
    go.click(hear, files, [answers, download], concurrency_id="model", api_visibility="private")
