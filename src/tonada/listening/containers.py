"""What the bytes of a file tell before anything is decoded: who must read it, and what is wrong with it."""

import re
from dataclasses import dataclass, replace
from typing import Literal

from tonada.listening.streams import Stream

HEAD = 4096  # holds the longest MP3 frame (2,881 bytes) and the first pages of an Ogg stream
SEARCH_BLOCK = 2**20
MOST_TAGS = 16
ZEROS = 65_536  # as many zeros before the first frame are padding, more are not audio
FFMPEG_PROBE = 2**20  # what FFmpeg looks at before it chooses a reader
OGG_FIRST_PAGE = b"OggS\x00\x02"  # version 0, flag "beginning of stream"
OGG_LARGEST_PAGE = 65_307  # RFC 3533: 27 bytes of header, 255 of table, 255 * 255 of body
FLAC_SYNCS = (b"\xff\xf8", b"\xff\xf9")  # a frame of fixed, of variable size
FLAC_FRAMES = 2**17  # holds some frames of any usual size: 4,096 samples of 24-bit stereo take 24,576 bytes at most
STREAMED_WAV_BYTES = 0x7FFF_0000  # recorders that cannot seek write about 2 or 4 GiB for "unknown"

# FFmpeg also opens lists that name other files and hosts (HLS, DASH, ffconcat, SDP, IMF, VobSub), and a list may
# begin with the two bytes of a raw stream's first frame. A container's own first bytes leave it no choice.
NAMES_OTHERS = re.compile(
    rb"#EXTM3U|ffconcat|[\r\n][cm]=(?:IN|audio|video) |dash:profile|CompositionPlaylist|# VobSub", re.IGNORECASE
)

Fault = Literal["truncated", "several", "playlist"]


@dataclass(frozen=True)
class Container:
    """
    Attributes:
        needs_ffmpeg: libsndfile does not read it, or not to its end.
        fault: `truncated` (fewer bytes than it announces), `several` (recordings one after another, of which readers
            hear the first), `playlist` (it names other files), or none that the bytes tell.
    """

    needs_ffmpeg: bool = False
    fault: Fault | None = None


def inspect(file: Stream, size: int) -> Container:
    """Tell what a file of `size` bytes is. Leaves the position at the start."""
    start, is_plain = _first_sound(file)
    file.seek(start)
    head = file.read(HEAD)
    if head[:4] == b"OggS":
        found = _ogg(file, size, head)
    elif head[:4] == b"fLaC":
        found = _flac(head)
    elif _is_mp3(head):
        found = _mp3(file, size, start, head)
        found = replace(found, needs_ffmpeg=found.needs_ffmpeg or not is_plain)
    else:
        found = Container(_is_container(head) or _is_adts(head))
    if found.needs_ffmpeg and not _is_container(head):
        file.seek(0)
        if NAMES_OTHERS.search(file.read(FFMPEG_PROBE)):
            found = Container(True, "playlist")
    file.seek(0)
    return found


def declared_bytes(extra_info: str) -> int:
    """Bytes that the header of a wav, RF64, W64 or AIFF file announces, if libsndfile found fewer; 0 if unknown."""
    found = re.search(r"^ *(?:data|Riff size|riff|SSND) : (\d+) \(should be \d+\)", extra_info, flags=re.MULTILINE)
    declared = int(found[1]) if found else 0
    return declared if declared < STREAMED_WAV_BYTES else 0


def flac_goes_on(file: Stream, size: int) -> bool:
    """Whether more frames follow where libsndfile, which believes the header's number of samples, stopped reading."""
    rest = size - file.tell()
    after = file.read(FLAC_FRAMES)
    return rest > size // 16 and any(sync in after for sync in FLAC_SYNCS)


def _first_sound(file: Stream) -> tuple[int, bool]:
    """Where ID3v2 tags and zeros behind them end, and whether libsndfile too gets over them: one tag, no more."""
    start = tags = 0
    has_footer = False
    while tags < MOST_TAGS:
        file.seek(start)
        tag = file.read(10)
        if tag[:3] != b"ID3" or len(tag) < 10:
            break
        length = sum(byte << shift for byte, shift in zip(tag[6:], (21, 14, 7, 0), strict=True))
        has_footer = bool(tag[5] & 0x10)  # the header once more
        start += 10 + length + (10 if has_footer else 0)
        tags += 1
    file.seek(start)
    padding = file.read(ZEROS) if tags else b""
    zeros = len(padding) - len(padding.lstrip(b"\0"))
    return start + zeros, tags <= 1 and not has_footer and not zeros


def _is_container(head: bytes) -> bool:
    """MP4 and M4A, Matroska and WebM, ASF."""
    return head[4:8] == b"ftyp" or head[:4] in (b"\x1a\x45\xdf\xa3", b"\x30\x26\xb2\x75")


def _is_adts(head: bytes) -> bool:
    return head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xF6 == 0xF0  # 12 sync bits, layer 0


def _is_mp3(head: bytes) -> bool:
    return head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xE0 == 0xE0 and head[1] & 0x06 != 0


def _mp3(file: Stream, size: int, start: int, head: bytes) -> Container:
    """
    An MP3's first frame may hold a Xing or Info header with its number of bytes.

    Without one, libsndfile guesses the length from the first frame and stops there, which for a variable bit rate
    can be a third of the song; FFmpeg reads to the end.
    """
    marks = [head.find(mark) for mark in (b"Xing", b"Info")]
    mark = max(marks)
    if mark < 0:
        return Container(needs_ffmpeg=b"VBRI" not in head)
    flags = int.from_bytes(head[mark + 4 : mark + 8], "big")
    if not flags & 2:
        return Container()
    at = mark + 8 + (4 if flags & 1 else 0)
    end = start + int.from_bytes(head[at : at + 4], "big")
    if size < end:
        return Container(fault="truncated")
    file.seek(end)
    after = file.read(HEAD)
    # A tag may follow, and some encoders leave the first frame out of the count; another recording is longer.
    is_joined = (after[:3] == b"ID3" or _is_mp3(after)) and size - end > size // 16
    return Container(fault="several" if is_joined else None)


def _flac(head: bytes) -> Container:
    """An encoder that cannot seek leaves the number of samples 0, of which libsndfile makes an endless recording."""
    samples = int.from_bytes(head[21:26], "big") & 0xF_FFFF_FFFF  # the last 36 of these 40 bits
    return Container(needs_ffmpeg=samples == 0)


def _ogg(file: Stream, size: int, head: bytes) -> Container:
    """An Ogg file is cut off if its last page is; a stream that begins after the first pages is another recording."""
    file.seek(max(0, size - OGG_LARGEST_PAGE))
    tail = file.read(OGG_LARGEST_PAGE)
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < 27 or len(page) < 27 + page[26] or len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]]):
        return Container(fault="truncated")
    is_chained = _occurs_after(file, OGG_FIRST_PAGE, _end_of_first_pages(head))
    return Container(head[28:33] == b"\x7fFLAC", "several" if is_chained else None)


def _end_of_first_pages(head: bytes) -> int:
    """Where the streams that begin together at the start of an Ogg file have all begun."""
    at = 0
    while head[at : at + 6] == OGG_FIRST_PAGE and len(head) > at + 27:
        table = head[at + 27 : at + 27 + head[at + 26]]
        at += 27 + len(table) + sum(table)
    return at


def _occurs_after(file: Stream, pattern: bytes, start: int) -> bool:
    file.seek(start)
    before = b""
    while block := file.read(SEARCH_BLOCK):
        if pattern in before + block:
            return True
        before = block[1 - len(pattern) :]
    return False
