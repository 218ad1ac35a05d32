"""pyAudioAnalysis' tables come out of its pickles as they are, and no pickle is ever run."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tonada.datasets_scripts import pickled_lists, pyaudioanalysis
from tonada.datasets_scripts.pickled_lists import PickleError

TABLE = [[[0.5, 1.0], [2.0, 3.0]], [0.0, 1.0], [10.0, 20.0], [1.0, 2.0], ["Jazz", "Rock"]]


def pickled(*lists: list) -> io.BytesIO:
    """What Python's pickler writes of lists of numbers and words, protocol 4; long ones in two batches."""
    return io.BytesIO(b"".join(b"\x80\x04" + written(each) + b"." for each in lists))


def written(value) -> bytes:
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    if isinstance(value, str):
        return b"\x8c" + bytes([len(value)]) + value.encode() + b"\x94"
    if len(value) == 1:
        return b"]\x94" + written(value[0]) + b"a"
    halves = [value[: len(value) // 2], value[len(value) // 2 :]]
    return b"]\x94" + b"".join(b"(" + b"".join(map(written, half)) + b"e" for half in halves)


def test_lists_are_read_as_they_were_written():
    assert list(pickled_lists.read(pickled(*TABLE), 5)) == TABLE
    long = [[float(number)] for number in range(3000)]  # written in several batches
    assert list(pickled_lists.read(pickled(long), 1)) == [long]


def test_what_a_pickle_would_run_is_not_run(tmp_path):
    place = tmp_path / "made"
    word = b"\x8c" + bytes([len(str(place))]) + str(place).encode()
    for call in (
        b"cos\nmkdir\n(S'%s'\ntR." % str(place).encode(),
        b"\x80\x04\x8c\x02os\x8c\x05mkdir\x93" + word + b"\x85R.",
        b"\x80\x04]\x8c\x02os\x8c\x05mkdir\x93" + word + b"\x85Ra.",
    ):
        with pytest.raises(PickleError, match="only lists, numbers and words are read"):
            list(pickled_lists.read(io.BytesIO(call), 1))
    assert not place.exists()


@given(st.binary(max_size=200))
def test_any_bytes_are_lists_or_an_error(content):
    with pytest.raises(PickleError):
        list(pickled_lists.read(io.BytesIO(content), 2))


def test_a_source_package_gives_its_rows_in_their_own_units(tmp_path):
    models = tmp_path / "package" / pyaudioanalysis.MODELS
    models.mkdir(parents=True)
    (models / "knn_musical_genre_6").write_bytes(pickled(*TABLE).getvalue())
    content = pyaudioanalysis._read(pyaudioanalysis._file(tmp_path / "package", "genre"))
    assert content == dict(zip(("X", "y", "mean", "std", "classes"), TABLE, strict=True))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"y": [0.0, 2.0]}, "knn_sm.npz has class 2; its classes are 0 to 1"),
        ({"y": [-1.0, 0.0]}, "knn_sm.npz has class -1"),
        ({"y": [np.nan, 0.0]}, "knn_sm.npz holds no table of numbers"),
        ({"y": [0.0]}, r"knn_sm.npz has a table of \(2, 136\) numbers; expected \(1, 136\)"),
        (
            {"X": np.ones((2, 5)), "mean": np.zeros(5), "std": np.ones(5)},
            r"table of \(2, 5\) numbers; expected \(2, 136",
        ),
        ({"mean": np.zeros(5)}, "knn_sm.npz holds no table of numbers"),
    ],
)
def test_a_broken_table_is_named(tmp_path, change, says):
    whole = {"X": np.ones((2, 136)), "y": [0.0, 1.0], "mean": np.zeros(136), "std": np.ones(136)}
    np.savez(tmp_path / "knn_sm.npz", classes=["speech", "music"], **{**whole, **change})
    with pytest.raises(ValueError, match=says):
        pyaudioanalysis.load(tmp_path, cache_dir=tmp_path / "cache", table="music")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"none"])
def test_what_is_no_npz_is_named(tmp_path, content):
    (tmp_path / "knn_sm.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"knn_sm\.npz is not read"):
        pyaudioanalysis.load(tmp_path, cache_dir=tmp_path / "cache", table="music")
