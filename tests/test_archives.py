"""An archive becomes its folder, whole; one that could do harm is refused, and nothing of it is written."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from tonada.datasets_scripts import archives, emotify, registry
from tonada.datasets_scripts.archives import ArchiveError, unpack

SAMPLES = ROOT / "tests" / "data"


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def taped(path: Path, *members: tuple[str, bytes], mode: str = "w:gz", **fields) -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for field, value in fields.items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(content))
    return path


def files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_of_any_packing_is_unpacked_once(tmp_path, mode):
    archive = taped(tmp_path / "a.tar", ("a/b.csv", b"one"), ("a/c/d.csv", b"two"), mode=mode)
    folder = unpack(archive, tmp_path / "cache")
    assert files_below(folder) == ["a/b.csv", "a/c/d.csv"]
    assert (folder / "a" / "c" / "d.csv").read_bytes() == b"two"
    (folder / "mark").touch()
    assert unpack(archive, tmp_path / "cache") == folder
    assert (folder / "mark").exists()


@pytest.mark.parametrize("name", ["emotify", "emotion_4qaed", "emopia", "fma", "folder", "music_or_not", "playlists"])
@pytest.mark.parametrize("top", ["", "packed/"])
def test_a_data_set_is_read_from_a_zip_of_its_folder(tmp_path, name, top, monkeypatch):
    sample = SAMPLES / name
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in files_below(sample):
            archive.write(sample / path, top + path)
    module, made = registry.data_set(name), []
    monkeypatch.setattr(module.form, "load_songs", lambda builder, folder, *_, **__: made.append((builder, folder)))
    module.load(tmp_path / "a.zip", cache_dir=tmp_path / "cache")
    builder, given = made[0]
    assert files_below(registry.data_set(name).form.opened(builder, given, tmp_path / "cache")) == files_below(sample)


def test_rows_of_an_archive_are_those_of_the_folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "emotify.zip", "w") as archive:
        for path in files_below(SAMPLES / "emotify"):
            archive.write(SAMPLES / "emotify" / path, path)
    rows = emotify.load(tmp_path / "emotify.zip", cache_dir=tmp_path / "cache")
    assert list(rows["song_id"]) == list(emotify.load(SAMPLES / "emotify", cache_dir=tmp_path / "cache")["song_id"])
    assert all(Path(row["audio"]["path"]).is_file() for row in rows)


def refused(archive: Path, says: str) -> None:
    cache = archive.parent / "cache"
    with pytest.raises(ArchiveError, match=says) as error:
        unpack(archive, cache)
    assert archive.name in str(error.value)
    assert not cache.exists() or list(cache.iterdir()) == []


@pytest.mark.parametrize("name", ["../a", "/a", "b/../../a", "..", "a\\..\\..\\b", "C:/a", "C:a", "\\\\server\\a"])
def test_a_name_that_leads_out_is_refused(tmp_path, name):
    refused(zipped(tmp_path / "a.zip", **{"fine.csv": b"x", name: b"x"}), "stays in a folder")
    refused(taped(tmp_path / "a.tar.gz", ("fine.csv", b"x"), (name, b"x")), "stays in a folder")
    assert not (tmp_path / "a").exists()


@given(st.text(alphabet=st.sampled_from("ab./\\:~\0\n é"), min_size=1, max_size=12))
def test_no_name_is_ever_written_outside(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp("names")
    taped(folder / "a.tar", (name, b"x"), mode="w")
    try:
        done = unpack(folder / "a.tar", folder / "deep" / "cache")
    except ArchiveError:
        written = []
    else:
        written = [path for path in folder.rglob("*") if path.is_file() and path != folder / "a.tar"]
        assert all(path.resolve().is_relative_to(done) for path in written)
    assert files_below(folder) == sorted(["a.tar", *(path.relative_to(folder).as_posix() for path in written)])


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_a_link_or_a_device_is_refused(tmp_path, kind):
    refused(taped(tmp_path / "a.tar.gz", ("a", b""), type=kind, linkname="/etc/passwd"), "a link or a device")


def test_a_link_in_a_zip_is_refused(tmp_path):
    info = zipfile.ZipInfo("a")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    refused(tmp_path / "a.zip", "a link or a device")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "SMALL", 1000)
    refused(zipped(tmp_path / "a.zip", a=bytes(1_000_000)), "would become 1,000,000 bytes")
    refused(taped(tmp_path / "a.tar.gz", ("a", bytes(1_000_000))), "would become 1,000,000 bytes")


def sparse(name: str, real: int) -> bytes:
    """The header of a GNU sparse file that says it has `real` bytes, and holds none."""
    info = tarfile.TarInfo(name)
    info.type = tarfile.GNUTYPE_SPARSE
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[483:495] = real.to_bytes(12, "big", signed=True)
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    return bytes(header)


@pytest.mark.parametrize("real", [-(10**15), 10**15])
def test_a_sparse_file_cannot_hide_a_bomb(tmp_path, monkeypatch, real):
    monkeypatch.setattr(archives, "SMALL", 1000)
    whole = taped(tmp_path / "a.tar", ("bomb", bytes(1_000_000)), mode="w").read_bytes()
    (tmp_path / "a.tar").write_bytes(gzip.compress(sparse("hole", real) + whole))
    refused(tmp_path / "a.tar", "'hole' in it has holes")


def test_a_folder_below_zero_bytes_cannot_hide_a_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "SMALL", 1000)
    whole = taped(tmp_path / "a.tar", ("bomb", bytes(1_000_000)), mode="w").read_bytes()
    folder = tarfile.TarInfo("folder")
    folder.type, folder.size = tarfile.DIRTYPE, -(10**15)
    (tmp_path / "a.tar").write_bytes(gzip.compress(folder.tobuf(tarfile.GNU_FORMAT) + whole))
    refused(tmp_path / "a.tar", "would become 1,000,000 bytes")


def test_an_archive_that_another_process_unpacked_meanwhile_is_there(tmp_path, monkeypatch):
    archive = zipped(tmp_path / "a.zip", a=b"x")
    check = archives._check

    def slow(*given) -> None:
        monkeypatch.setattr(archives, "_check", check)
        unpack(archive, tmp_path / "cache")
        check(*given)

    monkeypatch.setattr(archives, "_check", slow)
    assert files_below(unpack(archive, tmp_path / "cache")) == ["a"]
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_a_name_too_long_for_the_disk_is_no_damage(tmp_path):
    refused(zipped(tmp_path / "a.zip", **{"n" * 300: b"x"}), "cannot be read or written .*name too long")


@pytest.mark.parametrize("size", [0, 10_240])
def test_an_archive_of_nothing_is_refused(tmp_path, size):
    (tmp_path / "a.tar").write_bytes(bytes(size))
    refused(tmp_path / "a.tar", "holds no file|no zip or tar")


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MEMBERS", 3)
    refused(zipped(tmp_path / "a.zip", **{str(number): b"" for number in range(5)}), "more than 3 files")
    refused(taped(tmp_path / "a.tar.gz", *((str(number), b"") for number in range(9))), "more than 3 files")


def test_a_header_as_long_as_a_bomb_is_not_read(tmp_path):
    refused(taped(tmp_path / "a.tar.gz", ("a", bytes(3 << 20)), type=tarfile.XHDTYPE), "header has")


def test_a_file_that_is_there_twice_is_refused(tmp_path):
    refused(taped(tmp_path / "a.tar.gz", ("a", b"1"), ("./a", b"2")), "in it twice")


@given(st.integers(0, 400), st.integers(0, 255), st.booleans())
def test_a_damaged_archive_is_whole_or_refused(tmp_path_factory, at, value, cut):
    folder = tmp_path_factory.mktemp("damage")
    whole = zipped(folder / "a.zip", **{"a.csv": b"some,rows\n" * 9, "b.csv": b"x" * 50}).read_bytes()
    at %= len(whole)
    (folder / "a.zip").write_bytes(whole[:at] if cut else whole[:at] + bytes([value]) + whole[at + 1 :])
    try:
        done = unpack(folder / "a.zip", folder / "cache")
    except ArchiveError:
        assert files_below(folder) == ["a.zip"]
    else:
        assert len(files_below(done)) >= 1


def test_what_is_no_archive_says_so(tmp_path):
    (tmp_path / "a.mp3").write_bytes(b"not an archive" * 100)
    refused(tmp_path / "a.mp3", "no zip or tar")
