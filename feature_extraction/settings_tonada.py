"""An extractor's settings: those that cannot be are refused in words, and those that decide values have a hash."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from .descriptor_sets_tonada import DescriptorSet
from .images_tonada import MODES, PICTURE_VERSION
from .segments_tonada import TAILS
from .stems_tonada import check_stems, stem_columns

BRANCHES = ("spectrogram", "descriptors", "waveform", "embeddings")
PAD_MODES = ("constant", "reflect")
POSITIVE = (
    "segment_seconds",
    "silence",
    "shortest_seconds",
    "n_fft",
    "hop_length",
    "num_mel_bins",
    "image_size",
    "embedding_rate",
    "embedding_seconds",
)


def check_settings(settings: Mapping[str, Any]) -> None:
    """
    Refuse settings that no front end can have.

    Raises:
        ValueError: naming the setting, what it is and what it can be.
    """
    branches, rate = settings["branches"], settings["sampling_rate"]
    if not branches or set(branches) - set(BRANCHES):
        raise ValueError(f"branches is {branches}; choose among {', '.join(BRANCHES)}")
    if "embeddings" in branches and len(branches) > 1:
        raise ValueError(f"branches is {branches}; embeddings are given instead of sound, so that they stand alone")
    if settings["segment_seconds"] is None and branches != ["descriptors"]:
        raise ValueError(
            "segment_seconds is None, which hears a whole song at once; all but descriptors need segments of one "
            "length: set branches to descriptors alone, or give seconds"
        )
    if settings["stems"] is not None and "waveform" in branches:
        raise ValueError("an encoder inside the model hears a mix: leave stems out, or waveform out of branches")
    if not 0 <= settings["segment_overlap"] < 1:
        raise ValueError(f"segment_overlap is {settings['segment_overlap']}; it must be at least 0 and below 1")
    if not 0 < settings["max_frequency"] <= rate / 2:
        raise ValueError(
            f"max_frequency is {settings['max_frequency']} Hz; it must lie above 0 and at most at half the "
            f"sampling_rate, {rate / 2} Hz"
        )
    check_stems(settings["stems"], settings["separation"])
    for name, choices in (("pad_mode", PAD_MODES), ("tail", TAILS), ("image_mode", MODES)):
        if settings[name] not in choices:
            raise ValueError(f"{name} is {settings[name]!r}; choose among {', '.join(choices)}")
    for name in POSITIVE:
        if settings[name] is not None and not settings[name] > 0:
            raise ValueError(f"{name} is {settings[name]}; it must be positive")
    level = settings["level"]
    if level is not None and not -120 <= level <= 0:
        raise ValueError(f"level is {level} dB; it must lie from -120 to 0, or be None to leave songs as they are")


def schema_of(settings: Mapping[str, Any], descriptors: DescriptorSet) -> dict[str, Any]:
    """Column names, versions, and a hash of all that decides what a feature's value is."""
    if "embeddings" in settings["branches"]:
        by = ("embedding_rate", "embedder", *(["sampling_rate"] if settings["embedder"] is not None else []))
        return {"hash": _hash({name: settings[name] for name in by})}
    numbers = ("sampling_rate", "n_fft", "hop_length", "max_frequency")
    decides: dict[str, Any] = {name: float(settings[name]) for name in numbers}
    level, stems = settings["level"], settings["stems"]
    decides |= {"pad_mode": settings["pad_mode"], "level": None if level is None else float(level)}
    shown = {}
    if "spectrogram" in settings["branches"]:
        decides["num_mel_bins"] = settings["num_mel_bins"]
        if settings["image_size"] is not None:
            pictured = ("image_size", "image_mode", "segment_seconds")
            decides |= {name: settings[name] for name in pictured} | {"picture_version": PICTURE_VERSION}
    if "descriptors" in settings["branches"]:
        decides["descriptors"] = definition = descriptors.definition
        shown = {"columns": list(stem_columns(descriptors.columns, stems)), "versions": definition["versions"]}
    if stems is not None:
        decides |= {"stems": stems, "separation": settings["separation"]}
    return {"hash": _hash(decides), **shown}


def _hash(decides: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:16]


def check_schema(saved: Mapping[str, Any] | None, present: Mapping[str, Any]) -> None:
    """
    Refuse features that would not be those that a model has learned.

    Raises:
        ValueError: the hashes differ, saying in what if the schema tells.
    """
    if saved is None or saved["hash"] == present["hash"]:
        return
    changed = [name for name in ("columns", "versions") if saved.get(name) != present.get(name)]
    raise ValueError(
        f"the features would not be those that were saved: schema {saved['hash']}, now {present['hash']}; "
        f"{' and '.join(changed) or 'settings'} differ. Use the version of Tonada and the settings that saved them, "
        "or pass feature_schema=None and train anew"
    )


__all__ = ["BRANCHES", "check_schema", "check_settings", "schema_of"]
