"""What the page of the Space computes and says, without a browser."""

import copy
import csv
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml
from conftest import RATE, ROOT, tone
from packaging.requirements import Requirement
from scipy.signal import fftconvolve

import answer_card
import app
import colours
import descriptor_words
import several
import texts
import timeline
from audio_files import decode_song, resampled
from judging import Answer, Segment
from limits import MAX_MEGABYTES, MAX_MINUTES, MIN_SECONDS, SongError
from live import STALE_SECONDS, WINDOW_SECONDS, Heard, answer_now
from reasons import Descriptor, Moment, descriptors, moments
from song_tab import example_songs
from tonada.explaining.words import in_words
from tonada.listening.decoding import decode

SPACE = ROOT / "space"
LOW_RATE = 1000  # hertz: of it, a quarter of an hour is small


def probabilities(happy: float) -> dict[str, float]:
    return {"happy": happy, "sad": 1 - happy}


def an_answer(happy: float = 0.8, **changed) -> Answer:
    given = {
        "label": "happy" if happy >= 0.5 else "sad",
        "probabilities": probabilities(happy),
        "parents": {},
        "agreement": 0.5,
        "labels": ["happy", "sad"],
        "abstains": False,
        "duration": 20.0,
        "segments": [Segment(0, 10, probabilities(0.9)), Segment(10, 20, probabilities(0.2))],
        "moments": [Moment(3, 6, 0.4)],
        "descriptors": [Descriptor("chroma_a_sharp_mean", 0.4, 2.0), Descriptor("mfcc_3_variance", -0.2, -0.1)],
    }
    return Answer(**{**given, **changed})


def rows_of(path: str) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_a_space_has_its_front_matter_and_the_libraries_it_names():
    head = yaml.safe_load((SPACE / "README.md").read_text().split("---")[1])
    assert head["sdk"] == "gradio"
    assert (SPACE / head["app_file"]).is_file()
    lines = (SPACE / "requirements.txt").read_text().splitlines()
    required = {each.name: each for each in map(Requirement, lines)}
    assert set(required) == {"gradio", "numpy", "torch", "torchaudio", "transformers"}
    assert required["gradio"].extras == {"mcp"}
    assert head["sdk_version"] in required["gradio"].specifier
    assert head["sdk_version"] == version("gradio")  # the one that these tests try


def test_both_languages_say_the_same_things():
    english, spanish = texts.TEXTS["en"], texts.TEXTS["es"]
    labels = {key for key in spanish if key.startswith("label_")}
    assert set(english) - labels == set(spanish) - labels
    for key in set(english) & set(spanish):
        facts = [sorted(part.split("}")[0] for part in text[key].split("{")[1:]) for text in (english, spanish)]
        assert facts[0] == facts[1], key


def test_a_visitor_is_answered_in_the_language_of_the_labels():
    class Request:
        def __init__(self, accepted: str):
            self.headers = {"accept-language": accepted}

    assert texts.language_of(Request("es-MX,es;q=0.9,en;q=0.8")) == "es"
    assert texts.language_of(Request("ES;q=0.9")) == "es"
    assert texts.language_of(Request("fr-FR,es;q=0.5")) == "en"
    assert texts.language_of(Request("de")) == "en"
    assert texts.language_of(None) == "en"


def test_the_page_calls_descriptors_as_the_command_does(extractor):
    for column in extractor.columns:
        assert descriptor_words.in_words(column, "en") == in_words(column)
        assert descriptor_words.in_words(column, "es") != column


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminances."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_every_colour_stands_out_on_its_ground(mode):
    """WCAG asks 3 of graphics, 4.5 of words."""
    for pair in (*colours.BY_LABEL.values(), *colours.OTHERS):
        assert contrast(pair[mode], colours.GROUNDS[mode]) >= 3, pair
    assert contrast(colours.QUIET[mode], colours.GROUNDS[mode]) >= 4.5


def test_labels_unknown_to_the_page_have_colours_too():
    labels = ["jazz", "folk", "happy"]
    assert colours.colour("jazz", labels) != colours.colour("folk", labels)
    assert colours.style(labels).count("--label:") == 6


def test_the_loudest_part_of_a_waveform_is_its_highest_bar():
    quiet_then_loud = np.concatenate([tone(220, 1, amplitude=0.1), tone(220, 1, amplitude=0.4)])
    bars = timeline.peaks(quiet_then_loud, 10)
    np.testing.assert_allclose(bars, [0.25] * 5 + [1] * 5, atol=0.01)


def test_segments_that_overlap_stand_each_for_what_comes_before_the_next():
    overlapping = [Segment(0, 10, probabilities(0.9)), Segment(5, 15, probabilities(0.7))]
    assert [(start, end) for start, end, _ in timeline.parts(overlapping)] == [(0, 5), (5, 15)]


def test_neighbours_of_one_label_are_one_stretch():
    segments = [
        Segment(0, 10, probabilities(0.6)),
        Segment(10, 15, probabilities(0.9)),
        Segment(15, 20, probabilities(0)),
    ]
    first, second = timeline.stretches(segments)
    assert first == (0, 15, "happy", pytest.approx(0.7))
    assert second == (15, 20, "sad", 1)


def test_the_timeline_has_a_colour_and_an_area_a_label():
    answer = an_answer()
    drawn = timeline.picture(tone(220, 20), answer.segments, answer.moments, answer.duration)
    assert drawn.count('class="chance label-') == 2
    assert 'class="wave label-0"' in drawn
    assert 'class="wave label-1"' in drawn
    assert drawn.count('class="moment"') == 1


def test_an_answer_that_is_less_likely_than_not_is_not_sure():
    assert an_answer(0.8).sure
    assert not an_answer(0.8, abstains=True).sure
    assert "Not sure" in answer_card.headline(an_answer(0.8, abstains=True), "song", "en")
    assert "No es seguro. Quizá alegre" in answer_card.headline(an_answer(0.8, abstains=True), "song", "es")


def test_a_card_says_answer_parents_agreement_and_reasons():
    card = answer_card.song_card(an_answer(parents={"joy": 0.9}), tone(220, 20), "a song", "/a/b.wav", "en")
    for said in ("happy", "80%", "50% of its segments agree", "joy (90%)", "presence of the note A♯, on average"):
        assert said in card
    assert 'data-start="3.00" data-end="6.00"' in card


def test_what_a_file_is_called_cannot_become_part_of_the_page():
    card = answer_card.song_card(an_answer(), tone(220, 20), "<img src=x>", '/a/"><script>.wav', "en")
    table = several.table([several.Row("<img src=x>", an_answer(), None)], "en")
    for page in (card, table):
        assert "<img" not in page
        assert "<script" not in page


def test_moments_are_where_the_attention_was_and_apart():
    kept = torch.zeros(1, 2, 100)
    kept[0, 0, 40:50] = 0.1  # 4 to 5 s
    kept[0, 1, 70:80] = 0.05  # 17 to 18 s
    found = moments(kept, [(0.0, 10.0), (10.0, 20.0)], 0.1)
    assert [each.share for each in found] == pytest.approx([2 / 3, 1 / 3])
    assert found[0].start <= 4 <= 5 <= found[0].end
    assert found[1].start <= 17 <= 18 <= found[1].end


def test_a_microphone_keeps_its_last_ten_seconds_in_mono():
    heard = Heard()
    for second in range(15):
        left = np.full(RATE, 1000 * second, np.int16)
        heard = heard.with_more(RATE, np.stack([left, left], axis=1))
        assert heard.is_enough == (second >= 2)
    assert len(heard.window) == WINDOW_SECONDS * RATE
    assert heard.window[[0, -1]] == pytest.approx([5000 / 2**15, 14000 / 2**15])


def test_a_microphone_that_hears_nothing_is_not_answered():
    silent = Heard().with_more(RATE, np.zeros(5 * RATE, np.int16))
    assert silent.is_enough
    card, history = answer_now(None, silent, (), "en")
    assert "quiet" in card
    assert history == ()


def test_a_microphone_of_which_nothing_comes_any_more_is_stale_until_more_comes():
    gone = Heard(latest=time.monotonic() - STALE_SECONDS - 1)
    assert gone.is_stale
    assert not gone.with_more(RATE, np.zeros(RATE, np.int16)).is_stale


def test_long_songs_do_not_keep_microphones_waiting():
    queues = {event.name: event.concurrency_id for event in app.build(None).fns.values()}
    assert queues["classify"] == "model"
    assert queues["answer"] not in {queue for name, queue in queues.items() if name != "answer"}


def test_resampling_keeps_a_tone():
    half = resampled(tone(440, 2, rate=44_100), 44_100, RATE)
    assert np.abs(np.fft.rfft(half)).argmax() == pytest.approx(880, abs=1)  # bins of half a hertz


def test_of_a_model_that_is_wholly_sure_the_reasons_are_numbers(model, extractor):
    sure = copy.deepcopy(model).requires_grad_(False)
    sure.classifier.weight.mul_(1e4)
    heard = extractor(tone(440, 21), sampling_rate=RATE, return_tensors="pt")
    output = sure(**heard)
    assert output.logits.exp().max() == 1
    found = descriptors(sure, extractor.columns, heard, output, int(output.logits.argmax()))
    assert np.isfinite([each.contribution for each in found]).all()


def test_a_model_that_abstains_is_told_programs_as_unknown():
    with several.saved([several.Row("song.wav", an_answer(abstains=True), None)], ["happy", "sad"]) as path:
        assert rows_of(path)[0]["label"] == "unknown"


def test_a_row_a_song_whether_it_was_heard_or_not(tmp_path):
    found = [
        several.Row("good.wav", an_answer(), None),
        several.Row("bad.wav", None, SongError("error_short", seconds=1, least=3)),
    ]
    assert found[0].cells("es")[1:] == ["alegre", "80%", "50%", "0:20"]
    assert "at least 3" in found[1].cells("en")[-1]
    assert several.table(found, "en").count('<th scope="row">') == 2
    with several.saved(found, ["happy", "sad"]) as path:
        good, bad = rows_of(path)
    assert (good["label"], good["happy"], good["message"]) == ("happy", "0.8000", "")
    assert (bad["song"], bad["label"]) == ("bad.wav", "")


def test_more_songs_than_allowed_are_refused_before_any_is_heard():
    with pytest.raises(SongError, match="error_many"):
        several.check_count(["song.wav"] * (several.MAX_SONGS + 1))


def test_the_page_hears_what_the_command_hears(recordings):
    for path in sorted(recordings.glob("good.*")):
        ours, theirs = decode_song(str(path), RATE), decode(path, RATE)
        length = min(len(ours), len(theirs))
        assert abs(len(ours) - len(theirs)) < 0.2 * RATE, path
        lagged = fftconvolve(ours[:length], theirs[:length][::-1])[length - 1 - RATE // 5 : length + RATE // 5]
        energies = np.linalg.norm(ours[:length]) * np.linalg.norm(theirs[:length])
        assert lagged.max() / energies > 0.999, path  # the same wave, at another level and begun elsewhere by a decoder


@pytest.mark.parametrize(
    ("content", "key"),
    [(b"", "unreadable"), (b"no sound", "unreadable"), (b"#EXTM3U\n/etc/hostname\n", "unreadable")],
    ids=["empty", "text", "playlist"],
)
def test_a_file_without_sound_is_refused(content, key, tmp_path):
    (tmp_path / "song.mp3").write_bytes(content)
    with pytest.raises(SongError, match=key):
        decode_song(str(tmp_path / "song.mp3"), RATE)


def test_no_file_at_all_is_told_as_such():
    with pytest.raises(SongError, match="missing"):
        decode_song(None, RATE)


def test_a_file_that_is_too_large_is_not_opened(tmp_path):
    with (tmp_path / "song.wav").open("wb") as file:
        file.truncate(60_000_000)
    with pytest.raises(SongError, match="large") as refused:
        decode_song(str(tmp_path / "song.wav"), RATE)
    assert several.problem_text(refused.value, "es").startswith("Este archivo tiene 60 MB")


def test_gradio_takes_files_that_are_too_large_so_that_the_page_says_why():
    class Page:
        def launch(self, **given):
            self.given = given

    page = Page()
    app.launch(page, ["happy", "sad"])
    assert page.given["max_file_size"] > MAX_MEGABYTES * 1e6


def a_wav(folder: Path, sound: np.ndarray) -> str:
    soundfile.write(folder / "song.wav", sound, LOW_RATE)
    return str(folder / "song.wav")


@pytest.mark.parametrize(
    ("sound", "key", "said"),
    [
        (tone(220, 60 * MAX_MINUTES + 1, LOW_RATE), "error_long", "más de 15 minutos"),
        (tone(220, MIN_SECONDS - 0.1, LOW_RATE), "error_short", "dura 2.9 segundos"),
        (tone(220, 10, LOW_RATE, amplitude=5e-5), "error_silent", "en silencio"),
    ],
    ids=["long", "short", "silent"],
)
def test_a_song_beyond_a_limit_is_refused(sound, key, said, tmp_path):
    with pytest.raises(SongError, match=key) as refused:
        decode_song(a_wav(tmp_path, sound), LOW_RATE)
    assert said in several.problem_text(refused.value, "es")


@pytest.mark.parametrize("seconds", [MIN_SECONDS, 60 * MAX_MINUTES])
def test_a_song_at_a_limit_is_heard(seconds, tmp_path):
    assert len(decode_song(a_wav(tmp_path, tone(220, seconds, LOW_RATE)), LOW_RATE)) == seconds * LOW_RATE


def test_the_examples_are_called_by_title_and_author():
    found = example_songs(ROOT / "examples")
    assert len(found) == 6
    assert found[str(ROOT / "examples" / "chaos-god.ogg")] == "Chaos God · El Senator (Muldjord)"
    assert example_songs(ROOT / "docs") == {}
