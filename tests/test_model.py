"""The model: what goes in, what comes out, and errors that name both numbers."""

import pytest
import torch
from conftest import RATE, new_model, noise, songs_of_different_lengths
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.modeling import TonadaConfig, TonadaForAudioClassification, TonadaModel
from tonada.modeling.sparse_weights_tonada import ATTENTION_MODES


@pytest.fixture(scope="module")
def heard(extractor):
    return extractor(songs_of_different_lengths(), sampling_rate=RATE, return_tensors="pt")


def test_every_output_carries_the_song_first(model, heard):
    output = model(**heard, output_attentions=True, labels=torch.tensor([0, 1, 2, 3, 0]))
    tensors = {name: value for name, value in output.items() if name not in ("loss", "attentions")}
    assert {name: len(value) for name, value in tensors.items()} == dict.fromkeys(tensors, 5)
    assert len(output.attentions[0]) == 5


def test_softmax_of_the_logits_is_the_probability(model, heard):
    logits = model(**heard).logits
    torch.testing.assert_close(logits.softmax(-1), logits.exp())


def test_every_query_keeps_exactly_k_steps_where_no_two_steps_are_alike(model, extractor):
    weights = model(**extractor(noise(30), sampling_rate=RATE, return_tensors="pt"), output_attentions=True).attentions
    assert ((weights[0] > 0).sum(-1) == model.config.attention_top_k).all()


def test_kept_steps_share_out_all_attention(model, heard):
    output = model(**heard)
    shares = output.kept_steps.sum(-1)[heard["segment_mask"].bool()]
    torch.testing.assert_close(shares, torch.ones_like(shares))


def test_the_bare_model_gives_the_mean_embedding_of_the_segments(model, heard):
    output = model.tonada(**heard)
    assert isinstance(model.tonada, TonadaModel)
    first = output.segment_embeddings[0, : int(heard["segment_mask"][0].sum())]
    torch.testing.assert_close(output.embedding[0], first.mean(0))
    assert output.embedding.shape == (5, model.config.embedding_size)


@pytest.mark.parametrize("mode", ATTENTION_MODES)
@pytest.mark.parametrize("placement", ["self", "pooling"])
def test_every_attention_answers_alike_in_company_and_shares_out_all_weight(heard, mode, placement):
    model = new_model(attention_mode=mode, attention_placement=placement, attention_top_k=0.2)
    together = model(**heard, output_attentions=True)
    alone = model(**{name: tensor[2:3] for name, tensor in heard.items()})
    torch.testing.assert_close(together.logits[2:3], alone.logits, atol=1e-5, rtol=1e-5)
    weights = together.attentions[0][heard["segment_mask"].bool()]
    torch.testing.assert_close(weights.sum(-1).amax(-1), torch.ones(weights.shape[:2]))
    assert weights.shape[-2] == (1 if placement == "pooling" else weights.shape[-1])


@pytest.mark.parametrize("branches", [("spectrogram",), ("descriptors",)])
def test_one_branch_alone_answers(branches):
    extractor = TonadaFeatureExtractor(branches=branches)
    features = extractor(noise(12.0), sampling_rate=RATE, return_tensors="pt")
    assert new_model(branches=branches)(**features).logits.shape == (1, 4)


def test_each_branch_changes_the_answer(model, heard):
    expected = model(**heard).logits
    for name in ("spectrogram", "descriptors"):
        changed = {**heard, name: heard[name].flip(0)}
        assert not torch.allclose(model(**changed).logits, expected, atol=1e-3), name


def test_the_loss_falls_when_the_model_learns_one_song(heard):
    model = new_model(dropout=0.0).train()
    labels = torch.tensor([0, 1, 2, 3, 0])
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    losses = []
    for _ in range(8):
        loss = model(**heard, labels=labels).loss
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < losses[0] / 2


def test_a_wrong_width_names_both_numbers(model, heard):
    with pytest.raises(ValueError, match=r"\(518,\).*\(90,\)"):
        model(**{**heard, "descriptors": torch.zeros(5, 5, 518)})
    with pytest.raises(ValueError, match=r"\(1, 128\).*\(1, 80\)"):
        model(**{**heard, "spectrogram": torch.zeros(5, 5, 1, 128, 431)})


def test_a_missing_feature_is_named(model, heard):
    with pytest.raises(ValueError, match="missing: descriptors"):
        model(**{name: tensor for name, tensor in heard.items() if name != "descriptors"})


def test_a_feature_nobody_asked_for_is_named(heard):
    with pytest.raises(ValueError, match="not asked for: spectrogram"):
        new_model(branches=("descriptors",))(**heard)


def test_a_song_without_segments_is_refused(model, heard):
    with pytest.raises(ValueError, match="without a single real segment"):
        model(**{**heard, "segment_mask": torch.zeros_like(heard["segment_mask"])})


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("attention_mode", "dense", "topk, topk_ste, sparsemax, entmax15, softmax"),
        ("vote", "loudest", "mean_probability, majority, log_odds"),
        ("branches", (), "spectrogram, descriptors"),
        ("attention_heads", 3, "does not divide"),
        ("attention_top_k", 0, "at least one"),
        ("attention_top_k", 1.5, "share above 0 and up to 1.0"),
        ("attention_placement", "above", "self, pooling"),
        ("conv_kernel_size", 4, "odd"),
        ("temperature", 0.0, "positive"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_what_can(setting, value, says):
    with pytest.raises(ValueError, match=says):
        TonadaConfig(**{setting: value})


def test_temperature_never_changes_the_winner(heard):
    answers = []
    for temperature in (0.3, 1.0, 5.0):
        model = new_model()
        model.config.temperature = temperature
        answers.append(model(**heard).logits)
    assert all(torch.equal(each.argmax(-1), answers[0].argmax(-1)) for each in answers)
    assert not torch.allclose(answers[0], answers[2])


def test_ancestors_are_nearest_first():
    config = TonadaConfig(parents={"soft_rock": "rock", "rock": "non_classic"})
    assert config.ancestors("soft_rock") == ["rock", "non_classic"]
    assert config.ancestors("opera") == []


def test_a_saved_model_answers_bit_for_bit(model, heard, tmp_path):
    model.save_pretrained(tmp_path)
    again = TonadaForAudioClassification.from_pretrained(tmp_path).eval()
    assert torch.equal(again(**heard).logits, model(**heard).logits)
