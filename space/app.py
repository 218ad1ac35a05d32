"""
Tonada's page: hears a song in the browser and says its mood or genre, how sure it is, when, and why.

Run by `python app.py`. The model is TONADA_MODEL, an id on the Hub or a folder; or else the folder `model` beside this
file, which `make space` puts there.
"""

import os
import shutil
import sys
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read once, when gradio is imported

import gradio as gr

import colours
from doors import open_doors
from judging import Judge
from limits import MAX_MEGABYTES
from live_tab import live_tab
from several_tab import several_tab
from song_tab import song_tab
from texts import in_browser

HERE = Path(__file__).parent
KEPT_SECONDS = 3600  # visitors' files are looked through so often, and deleted when they are as old
WAITING = 32  # visitors in the queue, after whom it says that it is full
AT_ONCE = 2  # songs


def build(judge: Judge) -> gr.Blocks:
    """The whole page."""
    with gr.Blocks(title="Tonada", delete_cache=(KEPT_SECONDS, KEPT_SECONDS)) as page:
        with gr.Column(elem_classes="masthead"):
            gr.Markdown("# Tonada")
            gr.Markdown(in_browser("tagline"))
        with gr.Tab(in_browser("tab_song")):
            song_tab(judge)
        with gr.Tab(in_browser("tab_live")):
            live_tab(judge)
        with gr.Tab(in_browser("tab_several")):
            several_tab(judge)
        open_doors(judge)
    return page.queue(max_size=WAITING, default_concurrency_limit=AT_ONCE)


def launch(page: gr.Blocks, labels: list[str]) -> None:
    """Serve it, as API and MCP server too."""
    letters = ["system-ui", "sans-serif"]  # of the visitor's machine: nothing is fetched
    page.launch(
        theme=gr.themes.Soft(primary_hue="stone", neutral_hue="stone", font=letters, font_mono=letters),
        css=colours.style(labels),
        css_paths=HERE / "style.css",
        i18n=in_browser,
        max_file_size=2 * MAX_MEGABYTES * 10**6,  # Gradio's word is curt: what is a little too large gets ours
        mcp_server=True,
        run_history=False,
        ssr_mode=False,
        footer_links=["api"],  # the settings change the language of the labels, and not that of the answers
    )


def main() -> None:
    """Load the model and serve the page."""
    if shutil.which("ffmpeg") is None:
        sys.exit("The page reads songs with the program ffmpeg; install it (on Debian: apt-get install ffmpeg).")
    model = os.environ.get("TONADA_MODEL") or str(HERE / "model")
    if "TONADA_MODEL" not in os.environ and not Path(model).is_dir():
        sys.exit("Which model? Set TONADA_MODEL to an id or a folder; in Tonada's repository, `make space` does all.")
    judge = Judge(model)
    launch(build(judge), judge.labels)


if __name__ == "__main__":
    main()
