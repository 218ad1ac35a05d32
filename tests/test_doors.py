"""Every door gives the same answer to the same song: the command's listener, the stock pipeline, the Auto classes."""

import subprocess

import pytest
import torch
from conftest import RATE
from transformers import AutoFeatureExtractor, AutoModelForAudioClassification, pipeline

from tonada.listening.decoding import decode
from tonada.listening.listener import Listener

AS_WAV, AS_MP3 = 1e-3, 1e-2


@pytest.fixture(scope="module")
def answers(bundled, examples, tmp_path_factory):
    """For each example and format: the probabilities by the command, the pipeline, and the Auto classes."""
    folder = tmp_path_factory.mktemp("doors")
    listener = Listener.bundled("emotion")
    pipe = pipeline("audio-classification", model=str(bundled))
    extractor = AutoFeatureExtractor.from_pretrained(bundled)
    model = AutoModelForAudioClassification.from_pretrained(bundled).eval()
    found = {}
    for example in examples:
        for suffix, options in {"wav": ["-c:a", "pcm_s16le"], "mp3": ["-b:a", "192k"]}.items():
            path = folder / f"{example.stem}.{suffix}"
            subprocess.run(["ffmpeg", "-v", "error", "-i", example, *options, path], check=True)
            heard = extractor(decode(path, RATE), sampling_rate=RATE, return_tensors="pt")
            with torch.no_grad():
                logits = model(**heard).logits[0]
            found[example.stem, suffix] = [
                listener.listen(path).probabilities,
                {each["label"]: each["score"] for each in pipe(str(path))},
                dict(zip(model.config.id2label.values(), logits.exp().tolist(), strict=True)),
            ]
    return found


@pytest.mark.parametrize(("suffix", "tolerance"), [("wav", AS_WAV), ("mp3", AS_MP3)])
def test_command_pipeline_and_auto_classes_agree(answers, suffix, tolerance):
    for (song, kind), (command, *others) in answers.items():
        if kind == suffix:
            for other in others:
                assert max(other, key=other.__getitem__) == max(command, key=command.__getitem__), song
                assert other == pytest.approx(command, abs=tolerance), song


def test_a_song_and_its_mp3_get_the_same_label(answers):
    labels = {key: max(command, key=command.__getitem__) for key, (command, *_) in answers.items()}
    assert all(labels[song, "wav"] == labels[song, "mp3"] for song, _ in answers)
