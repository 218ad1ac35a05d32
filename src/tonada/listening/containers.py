"""What the bytes of a file tell before anything is decoded: which reader it needs, and whether it was cut off."""

import os
import re
from typing import BinaryIO

OGG_LARGEST_PAGE = 65_307  # RFC 3533: 27 bytes of header, 255 of table, 255 * 255 of body
MP3_LONGEST_FRAME = 2_881  # 320 kbit/s at 32 kHz: 144 * 320000 / 32000 + 1
STREAMED_WAV_BYTES = 0x7FFF_0000  # recorders that cannot seek write about 2 or 4 GiB for "unknown"


def is_ffmpeg_container(head: bytes) -> bool:
    """
    Whether a file that begins with these 16 bytes goes to FFmpeg: MP4 and M4A, ADTS AAC, Matroska and WebM, ASF.

    Only files that say so in their first bytes do: FFmpeg also opens playlists, which name other files and hosts.
    """
    is_mp4 = head[4:8] == b"ftyp"
    is_adts = head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xF6 == 0xF0  # 12 sync bits, layer 0
    return is_mp4 or is_adts or head[:4] in (b"\x1a\x45\xdf\xa3", b"\x30\x26\xb2\x75")


def is_mp3_of_unknown_length(file: BinaryIO) -> bool:
    """
    Whether this is an MP3 without a Xing, Info or VBRI header. Leaves the position at the start.

    libsndfile guesses the length of such a file from its first frame and stops there, which for a variable bit
    rate can be a third of the song; FFmpeg reads to the end.
    """
    file.seek(0)
    head = file.read(10)
    tag = 0
    if head[:3] == b"ID3" and len(head) == 10:
        tag = 10 + sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
    file.seek(tag)
    frame = file.read(MP3_LONGEST_FRAME)
    file.seek(0)
    is_mp3 = frame[:1] == b"\xff" and len(frame) > 1 and frame[1] & 0xE0 == 0xE0 and frame[1] & 0x06 != 0
    return is_mp3 and not any(mark in frame for mark in (b"Xing", b"Info", b"VBRI"))


def ends_within_an_ogg_page(file: BinaryIO, size: int) -> bool:
    """Whether the last page of an Ogg file announces more bytes than the file has. Leaves the position as it was."""
    position = file.tell()
    file.seek(max(0, size - OGG_LARGEST_PAGE))
    tail = file.read()
    file.seek(position, os.SEEK_SET)
    start = tail.rfind(b"OggS")
    if start < 0:
        return False
    page = tail[start:]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return True
    return len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]])


def declared_wav_bytes(extra_info: str) -> int:
    """Bytes of samples that a wav's header announces where libsndfile found fewer; 0 if they agree or are unknown."""
    found = re.search(r"^data : (\d+) \(should be \d+\)", extra_info, flags=re.MULTILINE)
    declared = int(found[1]) if found else 0
    return declared if declared < STREAMED_WAV_BYTES else 0
