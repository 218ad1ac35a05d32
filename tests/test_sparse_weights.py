"""Softmax and its sparse kin: how weight is shared out, and what its gradient reaches."""

import entmax
import pytest
import torch
from tonada.modeling.sparse_weights_tonada import ATTENTION_MODES, sparse_weights

SPARSE = ["topk", "topk_ste", "sparsemax", "entmax15"]
REFERENCES = {"sparsemax": entmax.sparsemax, "entmax15": entmax.entmax15, "softmax": torch.softmax}


def random_scores(keys: int, rows: int = 50, dtype: torch.dtype = torch.float64, scale: float = 2.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(keys)
    return scale * torch.randn(2, rows, keys, generator=generator, dtype=dtype)


@pytest.mark.parametrize("keys", [1, 2, 7, 300])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
@pytest.mark.parametrize("mode", REFERENCES)
def test_dense_and_data_dependent_modes_agree_with_the_entmax_package_and_torch(mode, scale, keys):
    scores = random_scores(keys, scale=scale)
    torch.testing.assert_close(sparse_weights(scores, mode=mode), REFERENCES[mode](scores, -1), atol=1e-7, rtol=1e-6)


@pytest.mark.parametrize("mode", ["sparsemax", "entmax15"])
def test_their_gradient_is_that_of_the_entmax_package(mode):
    ours, theirs = random_scores(40).requires_grad_(), random_scores(40).requires_grad_()
    seen = random_scores(41)[..., :40]
    (sparse_weights(ours, mode=mode) * seen).sum().backward()
    (REFERENCES[mode](theirs, -1) * seen).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("mode", ATTENTION_MODES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_the_weights_of_a_row_sum_to_one(mode, dtype):
    weights = sparse_weights(random_scores(20, dtype=torch.float64).to(dtype), mode=mode)
    torch.testing.assert_close(weights.sum(-1), torch.ones_like(weights[..., 0]))


@pytest.mark.parametrize("mode", SPARSE)
def test_a_dropped_key_weighs_exactly_nothing_and_gets_no_gradient_but_under_straight_through(mode):
    scores = random_scores(12).requires_grad_()
    weights = sparse_weights(scores, mode=mode, top_k=3)
    dropped = weights == 0
    (weights * random_scores(13)[..., :12]).sum().backward()
    assert dropped.any()
    assert (scores.grad[dropped] != 0).all() if mode == "topk_ste" else (scores.grad[dropped] == 0).all()


def test_straight_through_weighs_as_topk_and_learns_as_softmax():
    sparse, dense = random_scores(15).requires_grad_(), random_scores(15).requires_grad_()
    seen = random_scores(16)[..., :15]
    weights = sparse_weights(sparse, mode="topk_ste", top_k=4)
    torch.testing.assert_close(weights, sparse_weights(sparse, mode="topk", top_k=4))
    (weights * seen).sum().backward()
    (sparse_weights(dense, mode="softmax") * seen).sum().backward()
    torch.testing.assert_close(sparse.grad, dense.grad)


@pytest.mark.parametrize("mode", ["topk", "sparsemax", "entmax15", "softmax"])
def test_the_gradient_is_that_of_finite_differences(mode):
    scores = random_scores(6, rows=3).requires_grad_()
    assert torch.autograd.gradcheck(lambda each: sparse_weights(each, mode=mode, top_k=3), scores)


@pytest.mark.parametrize("mode", ATTENTION_MODES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_a_row_where_nothing_is_allowed_weighs_nothing_and_no_gradient_is_nan(mode, dtype):
    scores = random_scores(9, dtype=torch.float32).to(dtype).requires_grad_()
    weights = sparse_weights(scores, torch.zeros(2, 1, 9, dtype=torch.bool), mode, top_k=2)
    weights.sum().backward()
    assert (weights == 0).all()
    assert scores.grad.isfinite().all()


@pytest.mark.parametrize("mode", ATTENTION_MODES)
@pytest.mark.parametrize("allowed", [1, 3, 6])
def test_keys_that_are_not_allowed_are_as_if_they_were_not_there(mode, allowed):
    scores = random_scores(10)
    scores[..., allowed:] += 100
    mask = (torch.arange(10) < allowed).expand(2, 1, 10)
    expected = sparse_weights(scores[..., :allowed], mode=mode, top_k=4)
    weights = sparse_weights(scores, mask, mode, top_k=4)
    assert (weights[..., allowed:] == 0).all()
    torch.testing.assert_close(weights[..., :allowed], expected)


@pytest.mark.parametrize(("share", "real", "kept"), [(0.25, 12, 3), (0.25, 5, 2), (0.01, 12, 1), (1.0, 7, 7)])
def test_a_share_is_of_the_keys_that_are_allowed_rounded_up(share, real, kept):
    mask = (torch.arange(12) < real).expand(2, 1, 12)
    weights = sparse_weights(random_scores(12), mask, "topk", share)
    assert ((weights > 0).sum(-1) == kept).all()
    without_padding = sparse_weights(random_scores(12)[..., :real], mode="topk", top_k=share)
    torch.testing.assert_close(weights[..., :real], without_padding)


@pytest.mark.parametrize("keys", [50, 75, 100, 300, 4096])
def test_every_share_of_any_number_of_keys_keeps_the_share_rounded_up(keys):
    scores, mask = random_scores(keys, rows=1), torch.ones(2, 1, keys, dtype=torch.bool)
    for percent in range(1, 101):
        kept = -(-percent * keys // 100)
        for allowed in (None, mask):
            assert ((sparse_weights(scores, allowed, "topk", percent / 100) > 0).sum(-1) == kept).all(), percent


@pytest.mark.parametrize("mode", ATTENTION_MODES)
def test_adding_the_same_to_all_scores_changes_nothing(mode):
    scores = random_scores(20)
    torch.testing.assert_close(sparse_weights(scores + 50, mode=mode), sparse_weights(scores, mode=mode))
