"""`tonada export`: a model as one ONNX file, waveform in, song probabilities out."""

from pathlib import Path
from typing import Annotated

import typer

from tonada_cli.loading import quiet_loading
from tonada_cli.model_options import ModelHere
from tonada_cli.printing import fail, fail_on, printable


def export(
    model: ModelHere,
    onnx: Annotated[Path, typer.Option(metavar="FILE", help="The ONNX file to write.", show_default=False)],
    int8: Annotated[
        bool, typer.Option("--int8", help="Keep learned weights in int8: a smaller file, other answers by a little.")
    ] = False,
) -> None:
    """
    Write a model as an ONNX file that any ONNX Runtime answers with, in any language and in the browser.

    Its input is a song, mono at the model's rate; its outputs are the song's probabilities and each segment's. What
    turns sound into features is inside, so that nobody has to write it again. Rate, labels, their tree and the
    temperature stand in the file's metadata. The file is held against the model before it is written.

    Examples:

      tonada export emotion --onnx emotion.onnx

      tonada classify song.mp3 --runtime onnx --model emotion.onnx
    """
    from tonada.extras import lacking

    if told := lacking("onnx"):
        fail(f"exporting {told}")
    from tonada.exporting.errors import ExportError
    from tonada.exporting.export import export_onnx
    from tonada.listening.listener import ModelError
    from tonada.sharing.models import open_model

    quiet_loading()
    try:
        with fail_on(ModelError, ExportError):
            listener, _ = open_model(model)
            difference = export_onnx(listener, onnx, int8)
    except OSError as error:
        fail(f"{onnx}: cannot be written ({error.strerror or error}); choose another place", 1)
    size, rate = onnx.stat().st_size / 1e6, listener.extractor.sampling_rate
    typer.echo(
        f"{printable(str(onnx))}: {size:.1f} MB, waveform at {rate} Hz in, probabilities of "
        f"{', '.join(listener.labels())} out; at most {difference:.0e} from the model"
    )
