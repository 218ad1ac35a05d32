"""Spectrograms as images: Jia 2022's 512 x 512 x 4 made from sound, and pictures of spectrograms that others made."""

import io
import math
from typing import Any

import torch

MODES = {"L": 1, "RGB": 3, "RGBA": 4}  # Pillow's names, and their channels
DARKEST, BRIGHTEST = -50.0, 30.0  # decibels: the floor of mel power, and above the loudest band of a song at its level
PICTURE_VERSION = 1  # raised whenever the same sound becomes another picture
FORMATS = ("PNG", "JPEG")
START, ROTATIONS, HUE = 0.5, -1.5, 1.0  # of the colour map, its author's defaults


def picture_of(decibels: torch.Tensor, frame_mask: torch.Tensor, size: int, mode: str) -> torch.Tensor:
    """
    Log-mel spectrograms as pictures, low bands below.

    Args:
        decibels: `(segments, mels, frames)`.
        frame_mask: `(segments, frames)`, 1 for a frame that holds sound; what was padded is black.
        size: side of the square, pixels.
        mode: `"L"` brightness alone, `"RGB"` or `"RGBA"` of a colour map. That the paper's four channels are red,
            green, blue and an alpha of one is the likeliest reading of its text, not a known one.

    Returns:
        `(segments, channels, size, size)` in [0, 1], the first row the highest band.
    """
    brightness = ((decibels - DARKEST) / (BRIGHTEST - DARKEST)).clamp(0, 1)
    brightness = (brightness * frame_mask.unsqueeze(1)).flip(1).unsqueeze(1)
    brightness = torch.nn.functional.interpolate(
        brightness, (size, size), mode="bilinear", align_corners=False, antialias=True
    )
    return brightness if mode == "L" else cubehelix(brightness)[:, : MODES[mode]]


def stretched_mask(frame_mask: torch.Tensor, size: int) -> torch.Tensor:
    """The mask of a picture's columns, `(segments, size)`, from that of the frames it shows, int64."""
    mask = torch.nn.functional.interpolate(frame_mask.unsqueeze(1).float(), size, mode="nearest-exact")
    return mask.squeeze(1).long()


def cubehelix(brightness: torch.Tensor) -> torch.Tensor:
    """
    Green's colour map (2011, Bull. Astr. Soc. India 39, 289), which turns through the hues and never darkens on the way
    from black to white: `(segments, 1, …)` in [0, 1] to red, green, blue and an alpha of one, `(segments, 4, …)`.
    """
    angle = 2 * math.pi * (START / 3 + 1 + ROTATIONS * brightness)
    amplitude = HUE * brightness * (1 - brightness) / 2
    weights = ((-0.14861, 1.78277), (-0.29227, -0.90649), (1.97294, 0.0))
    colours = [brightness + amplitude * (a * angle.cos() + b * angle.sin()) for a, b in weights]
    return torch.cat([*colours, torch.ones_like(brightness)], dim=1).clamp(0, 1)


def is_picture(given: Any) -> bool:
    """Whether this is an image and no sound: Pillow's, bytes of a file, the Hub's `{"bytes": …}`, 8-bit pixels."""
    if isinstance(given, dict):
        return given.get("bytes") is not None
    return isinstance(given, bytes) or hasattr(given, "getbands") or str(getattr(given, "dtype", "")).endswith("uint8")


def as_pictures(given: Any) -> list[Any]:
    """One picture or a list of them as a list; nothing if it is sound."""
    several = given if isinstance(given, (list, tuple)) else [given]
    return list(several) if several and is_picture(several[0]) else []


def read_picture(given: Any, size: int, mode: str) -> torch.Tensor:
    """
    An image of any size and colours, `(channels, size, size)` in [0, 1].

    Args:
        given: see `is_picture`; pixels are `(height, width)` or `(height, width, channels)`.
        size: side of the square, pixels.
        mode: `"L"`, `"RGB"` or `"RGBA"`.

    Raises:
        ValueError: it cannot be read as an image.
    """
    Image = _pillow()
    try:
        data = given["bytes"] if isinstance(given, dict) else given
        image = Image.open(io.BytesIO(data), formats=FORMATS) if isinstance(data, bytes) else data
        image = image if isinstance(image, Image.Image) else Image.fromarray(_pixels(image))
        if not all(image.size) or image.mode[0] in "IF":
            raise TypeError(f"its size is {image.size} and its mode {image.mode}; 8 bits a channel are read")
        resized = image.convert(mode).resize((size, size), Image.Resampling.BILINEAR)
    except (OSError, TypeError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"this is no image that can be read ({error}); give PNG or JPEG, or 8-bit pixels") from error
    values = torch.frombuffer(bytearray(resized.tobytes()), dtype=torch.uint8)
    return values.view(size, size, MODES[mode]).permute(2, 0, 1) / 255


def _pillow() -> Any:
    try:  # in whose body transformers, which runs this file, demands no import
        from PIL import Image
    except ImportError as error:
        raise ValueError("a picture is read by Pillow, which is not installed; pip install pillow") from error
    return Image


def _pixels(given: Any) -> Any:
    return given.numpy() if isinstance(given, torch.Tensor) else given


__all__ = ["MODES", "as_pictures", "is_picture", "picture_of", "read_picture", "stretched_mask"]
