"""Free audio is rebuilt from Debian's packages: what is listed and whole is kept, and nothing else."""

import csv
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from commands import tonada
from conftest import ROOT
from tonada.datasets_scripts import debian, free_audio, tables

SAMPLE = ROOT / "tests" / "data" / "free_audio"
pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="Debian's dpkg-deb is not there")


def package(folder: Path, name: str, files: dict[str, bytes], version: str = "1.0") -> Path:
    """A package file with these files."""
    tree = folder / f"{name}-tree"
    (tree / "DEBIAN").mkdir(parents=True)
    control = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: t\n"
    (tree / "DEBIAN" / "control").write_text(control)
    for path, content in files.items():
        (tree / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (tree / path[1:]).write_bytes(content)
    done = folder / f"{name}_{version}_all.deb"
    subprocess.run(["dpkg-deb", "--build", str(tree), str(done)], check=True, capture_output=True)
    return done


def listed(folder: Path, **files: tuple[str, bytes]) -> Path:
    """A manifest of (package, content) by a file's name."""
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, free_audio.COLUMNS)
        writer.writeheader()
        for name, (source, content) in files.items():
            writer.writerow(
                {
                    **{"task": "music_detect", "label": "music", "package": source, "version": "1.0"},
                    **{"path": f"/usr/{name}", "licence": "CC0-1.0", "sha256": hashlib.sha256(content).hexdigest()},
                }
            )
    return folder / "manifest.csv"


@pytest.fixture
def apt(tmp_path, monkeypatch):
    """A stand-in for apt-get that fetches from `archive/`, in any version, and keeps a log."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "archive").mkdir()
    program = tmp_path / "bin" / "apt-get"
    program.write_text(
        f"#!/bin/sh\necho $2 >> {tmp_path}/log\nset -- ${{2%%=*}} $2\n"
        f"if [ -e {tmp_path}/gone ] && [ $1 != $2 ]; then echo 'E: Version was not found' >&2; exit 100; fi\n"
        f"cp {tmp_path}/archive/$1_*.deb . 2>/dev/null || {{ echo 'E: no route to host' >&2; exit 100; }}\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "archive"


def test_what_is_listed_is_kept_and_nothing_else(apt, tmp_path):
    package(apt, "songs", {"/usr/a.ogg": b"music", "/usr/b.ogg": b"more"})
    assert free_audio.fetch(tmp_path / "here", listed(tmp_path, **{"a.ogg": ("songs", b"music")})) == []
    files = {
        path.relative_to(tmp_path / "here").as_posix() for path in (tmp_path / "here").rglob("*") if path.is_file()
    }
    assert files == {"songs/usr/a.ogg", "metadata.csv"}
    rows = free_audio.load(tmp_path / "here", cache_dir=tmp_path / "cache")
    assert [(row["song_id"], row["group"]) for row in rows] == [("songs/usr/a.ogg", "package songs")]


def test_another_content_is_left_out_and_said(apt, tmp_path):
    package(apt, "songs", {"/usr/a.ogg": b"changed", "/usr/b.ogg": b"same"}, version="2.0")
    (tmp_path / "gone").touch()
    manifest = listed(tmp_path, **{"a.ogg": ("songs", b"music"), "b.ogg": ("songs", b"same")})
    odd = free_audio.fetch(tmp_path / "here", manifest)
    assert odd == ["/usr/a.ogg in songs 2.0 is not the manifest's, which is of 1.0; left out"]
    assert [row["file_name"] for row in tables.read(tmp_path / "here" / "metadata.csv")] == ["songs/usr/b.ogg"]
    assert not (tmp_path / "here" / "songs" / "usr" / "a.ogg").exists()


def test_it_goes_on_where_it_was(apt, tmp_path):
    package(apt, "one", {"/usr/a.ogg": b"a"})
    manifest = listed(tmp_path, **{"a.ogg": ("one", b"a"), "b.ogg": ("two", b"b")})
    with pytest.raises(OSError, match=r"two 1.0 \(E: no route to host\).*goes on from there.*two_1.0_all.deb into"):
        free_audio.fetch(tmp_path / "here", manifest)
    assert not (tmp_path / "here" / "metadata.csv").exists(), "half of it is no data set"
    package(apt, "two", {"/usr/b.ogg": b"b"})
    assert free_audio.fetch(tmp_path / "here", manifest) == []
    assert (tmp_path / "log").read_text().split() == ["one=1.0", "two=1.0", "two=1.0"]


def test_a_damaged_file_is_fetched_again(apt, tmp_path):
    package(apt, "songs", {"/usr/a.ogg": b"music"})
    manifest = listed(tmp_path, **{"a.ogg": ("songs", b"music")})
    free_audio.fetch(tmp_path / "here", manifest)
    (tmp_path / "here" / "songs" / "usr" / "a.ogg").write_bytes(b"mus")
    assert free_audio.fetch(tmp_path / "here", manifest) == []
    assert (tmp_path / "here" / "songs" / "usr" / "a.ogg").read_bytes() == b"music"


def test_without_a_network_packages_may_lie_there(apt, tmp_path):
    (tmp_path / "here" / "packages").mkdir(parents=True)
    package(tmp_path / "here" / "packages", "songs", {"/usr/a.ogg": b"music"})
    assert free_audio.fetch(tmp_path / "here", listed(tmp_path, **{"a.ogg": ("songs", b"music")})) == []
    assert not (tmp_path / "log").exists()


def test_no_path_of_a_manifest_leaves_the_folder(apt, tmp_path):
    with pytest.raises(ValueError, match="points outside"):
        free_audio.fetch(tmp_path / "here", listed(tmp_path, **{"../../../a.ogg": ("songs", b"music")}))


def test_what_is_no_package_is_named(tmp_path):
    (tmp_path / "a_1.deb").write_bytes(b"no package")
    with pytest.raises(debian.PackageError, match=r"a_1\.deb is not a whole Debian package"):
        debian.take(tmp_path / "a_1.deb", {})


def test_a_package_that_is_a_bomb_is_given_up_and_fills_no_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(debian, "WHOLE", 1_000_000)
    deb = package(tmp_path, "bomb", {"/usr/a.ogg": bytes(3_000_000), "/usr/z.ogg": b"music"})
    with pytest.raises(debian.PackageError, match=r"bomb_1\.0_all\.deb would become more than 1,000,000 bytes"):
        debian.take(deb, {"/usr/z.ogg": tmp_path / "z.ogg"})
    assert not (tmp_path / "z.ogg").exists()


def test_nothing_behind_what_is_wanted_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(debian, "WHOLE", 1_000_000)
    deb = package(tmp_path, "songs", {"/usr/a.ogg": b"music", "/usr/z.ogg": bytes(3_000_000)})
    debian.take(deb, {"/usr/a.ogg": tmp_path / "a.ogg"})
    assert (tmp_path / "a.ogg").read_bytes() == b"music"


def test_a_file_larger_than_any_song_is_not_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(debian, "BYTES", 1000)
    deb = package(tmp_path, "songs", {"/usr/a.ogg": bytes(2000)})
    with pytest.raises(debian.PackageError, match="has 2,000 bytes"):
        debian.take(deb, {"/usr/a.ogg": tmp_path / "a.ogg"})
    assert list(tmp_path.glob("a.ogg*")) == []


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_package_cut_short_is_named(tmp_path, kept):
    deb = package(tmp_path, "songs", {f"/usr/{name}.ogg": os.urandom(50_000) for name in "abcd"})
    deb.write_bytes(deb.read_bytes()[: int(deb.stat().st_size * kept)])
    with pytest.raises(debian.PackageError, match=r"songs_1\.0_all\.deb is not a whole Debian package"):
        debian.take(deb, {"/usr/nowhere.ogg": tmp_path / "z.ogg"})


def test_a_package_whose_content_is_no_tar_is_named(tmp_path, monkeypatch):
    program = tmp_path / "bin" / "dpkg-deb"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nyes | head -c 100000\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(debian.PackageError, match=r"a\.deb is not a whole Debian package"):
        debian.take(tmp_path / "a.deb", {"/usr/a.ogg": tmp_path / "a.ogg"})


def test_every_file_of_the_manifest_has_a_licence_a_checksum_and_a_known_label():
    rows = tables.read(free_audio.MANIFEST, free_audio.COLUMNS)
    assert len(rows) == 4016
    assert {row["task"] for row in rows} == set(free_audio.TASKS)
    for row in rows:
        assert free_audio.LABEL_OF[row["label"]] in free_audio.TASKS[row["task"]]
        assert row["licence"]
        assert len(bytes.fromhex(row["sha256"])) == 32
    assert sum(row["task"] == "music_detect" for row in rows) == free_audio.SONGS


@pytest.mark.parametrize("task", free_audio.TASKS)
def test_each_task_has_its_labels(task, tmp_path):
    rows = free_audio.load(SAMPLE, cache_dir=tmp_path, task=task)
    assert rows.features["label"].names == free_audio.TASKS[task]
    assert len(rows) >= 2


def test_at_most_so_many_files_of_a_package_have_a_label_and_always_the_same(tmp_path):
    every, fewer = (free_audio.load(SAMPLE, cache_dir=tmp_path, most=most) for most in (None, 1))
    pairs = list(zip(fewer["group"], fewer["label"], strict=True))
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == set(zip(every["group"], every["label"], strict=True))
    assert set(fewer["song_id"]) <= set(every["song_id"])


def test_the_command_fetches_it(apt, tmp_path):
    for name in {row["package"] for row in tables.read(free_audio.MANIFEST)}:
        package(apt, name, {"/usr/a.ogg": b"another"})
    done = tonada("data", "fetch", "free_audio", str(tmp_path / "here"))
    assert done.returncode == 1
    assert "wesnoth-1.16-music 1.0 is not the manifest's" in done.stderr
    assert "Traceback" not in done.stderr


def test_short_files_can_be_left_out(tmp_path):
    shutil.copytree(SAMPLE, tmp_path / "sample")
    lines = (SAMPLE / "metadata.csv").read_text().splitlines()
    timed = [f"{line},{'duration' if number == 0 else number}" for number, line in enumerate(lines)]
    (tmp_path / "sample" / "metadata.csv").write_text("\n".join(timed) + "\n")
    every, kept = (free_audio.load(tmp_path / "sample", tmp_path, shortest=seconds)["song_id"] for seconds in (0, 3))
    assert list(kept) == list(every)[-len(kept) :]
    assert 0 < len(kept) < len(every)
