"""Pictures of spectrograms: made from sound, and taken as they are found on the Hub."""

import io

import matplotlib
import numpy as np
import pytest
import torch
from conftest import RATE, clicks, noise, tone
from PIL import Image
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.feature_extraction.images_tonada import cubehelix
from tonada.modeling import TonadaConfig, TonadaForAudioClassification

from tonada.listening.separation import separate

SIZE = 64


def extractor_of(mode: str = "RGBA", **settings) -> TonadaFeatureExtractor:
    return TonadaFeatureExtractor(branches=["spectrogram"], image_size=SIZE, image_mode=mode, **settings)


def file_of(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def test_the_colour_map_is_that_of_its_author():
    ours = cubehelix(torch.linspace(0, 1, 256).view(1, 1, 256))[0].T.numpy()
    np.testing.assert_allclose(ours, matplotlib.colormaps["cubehelix"](np.linspace(0, 1, 256)), atol=5e-3)


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3), ("RGBA", 4)])
def test_a_song_becomes_a_picture_a_segment(mode, channels):
    heard = extractor_of(mode)(noise(25), sampling_rate=RATE, return_tensors="pt")
    assert heard["spectrogram"].shape == (1, 3, channels, SIZE, SIZE)
    assert heard["frame_mask"].shape == (1, 3, SIZE)
    assert 0 <= heard["spectrogram"].min() <= heard["spectrogram"].max() <= 1
    assert heard["frame_mask"][0, 2].float().mean() == pytest.approx(0.5, abs=0.02)


def test_a_low_tone_is_bright_below_and_a_high_one_above():
    rows = []
    for hertz in (200, 6000):
        picture = extractor_of("L")(tone(hertz, 10), sampling_rate=RATE, return_tensors="pt")["spectrogram"]
        rows.append(int(picture[0, 0, 0].mean(-1).argmax()))
    assert rows[0] > 3 * SIZE / 4 > SIZE / 4 > rows[1]


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("size", [(496, 369), (40, 40), (1, 700)])
def test_a_picture_of_any_size_and_kind_is_a_song_of_one_segment(mode, size, kind):
    image = Image.effect_noise(size, 60).convert("RGB" if kind == "JPEG" else mode)
    for given in (image, file_of(image, kind), {"bytes": file_of(image, kind), "path": None}, np.asarray(image)):
        heard = extractor_of()(given, return_tensors="pt")
        assert heard["spectrogram"].shape == (1, 1, 4, SIZE, SIZE)
        assert heard["frame_mask"].all()


def test_a_picture_of_a_song_is_read_back_as_the_song():
    heard = extractor_of()(clicks(120, 10) + noise(10, amplitude=0.01), sampling_rate=RATE, return_tensors="pt")
    pixels = (255 * heard["spectrogram"][0, 0]).round().byte().permute(1, 2, 0).numpy()
    again = extractor_of()(file_of(Image.fromarray(pixels), "PNG"), return_tensors="pt")
    torch.testing.assert_close(again["spectrogram"], heard["spectrogram"], atol=1 / 255, rtol=0)


def test_silence_is_black_and_a_quiet_stem_darker_than_a_loud_one():
    stems = np.stack([noise(10, amplitude=0.3), 0.1 * noise(10, 1, amplitude=0.3), np.zeros(10 * RATE, np.float32)])
    extractor = extractor_of("L", stems=["loud", "quiet", "silent"], separation="hdemucs")
    loud, quiet, silent = extractor(stems, sampling_rate=RATE, return_tensors="pt")["spectrogram"][0, 0]
    assert loud.mean() > quiet.mean() + 0.1
    assert quiet.mean() > 0.1
    assert silent.max() == 0


def test_no_click_is_lost_where_a_picture_has_fewer_columns_than_frames():
    song = clicks(60, 25)
    shape = {"image_size": 512, "image_mode": "L", "segment_seconds": 25, "silence": None}
    picture = TonadaFeatureExtractor(branches=["spectrogram"], **shape)
    columns = picture(song, sampling_rate=RATE, return_tensors="pt")["spectrogram"][0, 0, 0].mean(0)
    starts = (columns[1:] > 0.2) & (columns[:-1] <= 0.2)
    assert int(starts.sum()) == 25


def test_the_length_of_segments_is_part_of_what_a_picture_is():
    schemas = {extractor_of(segment_seconds=seconds).feature_schema["hash"] for seconds in (10, 25)}
    assert len(schemas) == 2


def test_rows_of_the_hub_train_the_same_model():
    rows = [{"bytes": file_of(Image.effect_noise((300, 200), sigma), "JPEG"), "path": None} for sigma in (10, 90)]
    heard = extractor_of()(rows, return_tensors="pt")
    config = TonadaConfig(branches=("spectrogram",), num_channels=4, num_mel_bins=SIZE, num_labels=2)
    model = TonadaForAudioClassification(config)
    model(**heard, labels=torch.tensor([0, 1])).loss.backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in model.tonada.spectrogram_encoder.blocks.parameters())


@pytest.mark.parametrize(
    "given",
    [
        b"no picture",
        {"bytes": b"\x89PNG but cut"},
        np.zeros((3, 3, 7), np.uint8),
        np.zeros((0, 3), np.uint8),
        Image.fromarray(np.zeros((9, 9), np.uint16)),
        file_of(Image.new("RGB", (9, 9)), "TIFF"),
    ],
    ids=["text", "cut", "seven channels", "nothing", "16 bits", "TIFF"],
)
def test_what_is_no_picture_is_refused_in_words(given):
    with pytest.raises(ValueError, match="no image that can be read"):
        extractor_of()(given)


def test_four_channels_can_be_mix_voice_accompaniment_and_percussion():
    song = tone(440, 4) + clicks(120, 4)
    stems = {"mix": song, **separate(song, RATE, "voice-percussion")}
    extractor = TonadaFeatureExtractor(
        branches=["spectrogram"], image_size=SIZE, image_mode="L", stems=list(stems), separation="voice-percussion"
    )
    heard = extractor(np.stack(list(stems.values())), sampling_rate=RATE, return_tensors="pt")["spectrogram"]
    alone = TonadaFeatureExtractor(branches=["spectrogram"], image_size=SIZE, image_mode="L")
    assert heard.shape == (1, 1, 4, SIZE, SIZE)
    mix = alone(song, sampling_rate=RATE, return_tensors="pt")["spectrogram"][:, :, 0]
    torch.testing.assert_close(heard[:, :, 0], mix, atol=1e-4, rtol=0)
