"""Headers that lie: good recordings whose first bytes announce what no song has, and nothing else changed."""

from collections.abc import Iterator
from pathlib import Path

from recordings import correct_ogg_checksums, load

MOST = 2**32 - 1


def lies(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """What is announced, the suffix of the file, its bytes."""
    recordings = load(folder)
    for claim, (suffix, anchor, offset, value, size, order) in CLAIMS.items():
        content = bytearray(recordings[suffix])
        at = content.rindex(anchor) if anchor == LAST_PAGE else content.index(anchor)
        content[at + offset : at + offset + size] = value.to_bytes(size, order)
        if suffix in ("ogg", "opus"):
            correct_ogg_checksums(content)
        yield claim, suffix, bytes(content)


LAST_PAGE = b"OggS\0\4"
# Where a field is: file, the bytes it follows, how far behind their start, value, size, byte order.
CLAIMS = {
    "wav, 65,535 channels": ("wav", b"fmt ", 10, 65_535, 2, "little"),
    "wav, 4 GHz": ("wav", b"fmt ", 12, MOST, 4, "little"),
    "wav, 1.9 GB": ("wav", b"data", 4, 1_900_000_000, 4, "little"),
    "aiff, 32,767 channels": ("aiff", b"COMM", 8, 32_767, 2, "big"),
    "aiff, four billion frames": ("aiff", b"COMM", 10, MOST, 4, "big"),
    "aiff, a chunk of 4 GB": ("aiff", b"SSND", 4, MOST - 16, 4, "big"),
    "flac, 1 MHz": ("flac", b"fLaC", 18, 0xFFFFF2, 3, "big"),
    "flac, 2 ** 36 samples": ("flac", b"fLaC", 22, MOST, 4, "big"),
    "flac, a block of tags of 16 MB": ("flac", b"fLaC", 43, 0xFFFFFF, 3, "big"),
    "ogg, 255 channels": ("ogg", b"\x01vorbis", 11, 255, 1, "little"),
    "ogg, 4 GHz": ("ogg", b"\x01vorbis", 12, MOST, 4, "little"),
    "ogg, 2 ** 62 samples": ("ogg", LAST_PAGE, 6, 2**62, 8, "little"),
    "ogg, a comment of 4 GB": ("ogg", b"\x03vorbis", 7, MOST, 4, "little"),
    "opus, 255 channels": ("opus", b"OpusHead", 9, 255, 1, "little"),
    "opus, 2 ** 62 samples": ("opus", LAST_PAGE, 6, 2**62, 8, "little"),
    "mp3, four billion frames": ("mp3", b"Info", 8, MOST, 4, "big"),
    "m4a, a length of four billion": ("m4a", b"mdhd", 20, MOST, 4, "big"),
    "m4a, 65,535 channels": ("m4a", b"mp4a", 20, 65_535, 2, "big"),
    "m4a, 4 GHz": ("m4a", b"mp4a", 28, MOST, 4, "big"),
    "m4a, four billion samples of one length": ("m4a", b"stts", 12, MOST, 4, "big"),
    "m4a, four billion sizes": ("m4a", b"stsz", 12, MOST, 4, "big"),
    "m4a, samples of 4 GB": ("m4a", b"stsz", 8, MOST, 4, "big"),
    "m4a, a movie of 4 GB": ("m4a", b"moov", -4, MOST, 4, "big"),
    "webm, ten million years": ("webm", b"\x44\x89\x88", 3, 0x4400_0000_0000_0000, 8, "big"),
    "webm, 255 channels": ("webm", b"\x9f\x81", 2, 255, 1, "big"),
    "webm, 1e308 Hz": ("webm", b"\xb5\x88", 2, 0x7FE0_0000_0000_0000, 8, "big"),
}
