"""Draws the picture of explaining.md as `tonada explain` draws it: part of `make docs`."""

from pathlib import Path

from tonada.explaining.explanation import explain
from tonada.explaining.picture import draw
from tonada.listening.listener import Listener

HERE = Path(__file__).parent
SONG = HERE.parent / "examples" / "silvan-sanctuary.flac"
PICTURE = HERE / "pictures" / "explained.png"


def main() -> None:
    """Explain one example song."""
    with PICTURE.open("wb") as file:
        draw(*explain(Listener.bundled("emotion"), str(SONG)), file)


if __name__ == "__main__":
    main()
