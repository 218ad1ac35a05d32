"""What a descriptor's column is called among people who listen, in each language of the page."""

import re

DESCRIPTORS = {
    "en": {
        "zero_crossing_rate": "noisiness",
        "spectral_centroid": "brightness",
        "spectral_bandwidth": "breadth of the sound",
        "spectral_flux": "restlessness of the sound",
        "spectral_rolloff": "reach into the treble",
        "mfcc_1": "loudness over all pitches (MFCC)",
        "mfcc_2": "darkness, lows over highs (MFCC)",
        "mfcc_3": "lows and highs over the middle (MFCC)",
        "mfcc": "fine colour of the timbre {number} (MFCC)",
        "chroma": "presence of the note {note}",
    },
    "es": {
        "zero_crossing_rate": "ruidosidad",
        "spectral_centroid": "brillo",
        "spectral_bandwidth": "amplitud del sonido",
        "spectral_flux": "inquietud del sonido",
        "spectral_rolloff": "alcance en los agudos",
        "mfcc_1": "sonoridad en todas las alturas (MFCC)",
        "mfcc_2": "oscuridad, graves sobre agudos (MFCC)",
        "mfcc_3": "graves y agudos sobre los medios (MFCC)",
        "mfcc": "matiz fino del timbre {number} (MFCC)",
        "chroma": "presencia de la nota {note}",
    },
}
STATISTICS = {
    "en": {"mean": "on average", "variance": "how much it changes", "maximum": "at its most"},
    "es": {"mean": "de media", "variance": "cuánto cambia", "maximum": "en su máximo"},
}
NOTES = {
    "en": {name: name.upper() for name in "cdefgab"},
    "es": {"c": "do", "d": "re", "e": "mi", "f": "fa", "g": "sol", "a": "la", "b": "si"},
}
ORDINARY = 0.5  # standard deviations from the mean within which nobody would call a value high or low


def in_words(column: str, language: str) -> str:
    """A column as people say it; one without words by its name."""
    for statistic, said in STATISTICS[language].items():
        if column.endswith(f"_{statistic}"):
            return f"{_descriptor(column.removesuffix(f'_{statistic}'), language)}, {said}"
    return _descriptor(column, language)


def height(deviations: float) -> str:
    """The key of the word for a value so many standard deviations above the mean."""
    if abs(deviations) < ORDINARY:
        return "ordinary"
    return "high" if deviations > 0 else "low"


def _descriptor(name: str, language: str) -> str:
    words = DESCRIPTORS[language]
    if found := re.fullmatch(r"chroma_([a-g])(_sharp)?", name):
        return words["chroma"].format(note=NOTES[language][found[1]] + ("♯" if found[2] else ""))
    if (found := re.fullmatch(r"mfcc_(\d+)", name)) and name not in words:
        return words["mfcc"].format(number=found[1])
    return words.get(name, name.replace("_", " "))
