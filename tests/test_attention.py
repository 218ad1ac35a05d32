"""Explicit sparse attention keeps the few highest scores, and nothing that was dropped or padded is heard."""

import pytest
import torch
from tonada.modeling.sparse_attention_tonada import attend_in_chunks, explicit_sparse_attention
from tonada.modeling.sparse_weights_tonada import ATTENTION_MODES

SHAPES = [(1, 1), (5, 3), (40, 8), (8, 8), (6, 20)]  # (keys, top_k)


def random_attention(keys: int, dtype: torch.dtype = torch.float64) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(2, 3, keys, 4, generator=generator, dtype=dtype) for _ in range(3)]


@pytest.mark.parametrize(("keys", "top_k"), SHAPES)
def test_each_query_keeps_exactly_k_of_distinct_scores(keys, top_k):
    _, weights = explicit_sparse_attention(*random_attention(keys), top_k=top_k)
    assert ((weights > 0).sum(-1) == min(top_k, keys)).all()


@pytest.mark.parametrize("mode", ATTENTION_MODES)
def test_the_weights_of_a_query_sum_to_one(mode):
    _, weights = explicit_sparse_attention(*random_attention(20), mode=mode)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, 20, dtype=torch.float64), atol=1e-6, rtol=0)


def test_keeping_every_key_is_dense_attention_and_agrees_with_torch():
    query, key, value = random_attention(12)
    sparse, _ = explicit_sparse_attention(query, key, value, top_k=12)
    dense, _ = explicit_sparse_attention(query, key, value, mode="softmax")
    torch.testing.assert_close(sparse, dense)
    reference = torch.nn.functional.scaled_dot_product_attention(query, key, value)
    torch.testing.assert_close(dense, reference, atol=1e-6, rtol=1e-5)


def test_scores_tied_with_the_kth_all_survive():
    query = torch.ones(1, 1)
    key = torch.tensor([[3.0], [2.0], [2.0], [1.0]])
    _, weights = explicit_sparse_attention(query, key, key, top_k=2)
    assert (weights > 0).tolist() == [[True, True, True, False]]
    assert weights[0, 1] == weights[0, 2]


def test_permuting_the_keys_permutes_the_weights():
    query, key, value = random_attention(15)
    order = torch.randperm(15, generator=torch.Generator().manual_seed(1))
    gathered, weights = explicit_sparse_attention(query, key, value, top_k=4)
    again, permuted = explicit_sparse_attention(query, key[..., order, :], value[..., order, :], top_k=4)
    torch.testing.assert_close(permuted, weights[..., order])
    torch.testing.assert_close(again, gathered)


@pytest.mark.parametrize("mode", ATTENTION_MODES)
def test_a_padded_key_is_never_chosen_however_high_its_score(mode):
    query, key, value = random_attention(10)
    mask = torch.arange(10) < 6
    loud = torch.where(mask[:, None], key, 1e4 * query.mean(-2, keepdim=True))
    gathered, weights = explicit_sparse_attention(query, loud, value, mask.expand(2, 3, 10), mode, top_k=8)
    alone, _ = explicit_sparse_attention(query, key[..., :6, :], value[..., :6, :], mode=mode, top_k=8)
    assert (weights[..., 6:] == 0).all()
    torch.testing.assert_close(gathered, alone)


def test_scores_that_overflow_16_bits_are_weighed_all_the_same():
    loud = [200 * torch.ones(1, 4, 64, dtype=torch.float16) for _ in range(3)]
    gathered, weights = explicit_sparse_attention(*loud)
    assert gathered.isfinite().all()
    assert (weights == 0.25).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("mode", ATTENTION_MODES)
def test_a_row_without_real_keys_gathers_nothing_and_no_gradient_is_nan(mode, dtype):
    query, key, value = (tensor.requires_grad_() for tensor in random_attention(9, dtype))
    gathered, weights = explicit_sparse_attention(query, key, value, torch.zeros(2, 3, 9), mode, top_k=2)
    assert (weights == 0).all()
    gathered.sum().backward()
    assert all(tensor.grad.isfinite().all() for tensor in (query, key, value))


def test_dropped_keys_get_no_gradient_and_kept_ones_that_of_finite_differences():
    query, key, value = (tensor.requires_grad_() for tensor in random_attention(7))
    gathered, weights = explicit_sparse_attention(query, key, value, top_k=3)
    never_kept = (weights == 0).all(-2)
    gathered.sum().backward()
    assert never_kept.any()
    assert (key.grad[never_kept] == 0).all()
    assert (value.grad[never_kept] == 0).all()
    inputs = [tensor[:1, :1].detach().requires_grad_() for tensor in (query, key, value)]
    assert torch.autograd.gradcheck(lambda *each: explicit_sparse_attention(*each, top_k=3)[0], inputs)


@pytest.mark.parametrize("mode", ATTENTION_MODES)
@pytest.mark.parametrize("queries_at_once", [1, 7, 20, 50])
def test_attention_in_chunks_is_the_same_attention(mode, queries_at_once):
    query, key, value = random_attention(20)
    mask = (torch.arange(20) < 15).expand(2, 3, 20)
    expected, weights = explicit_sparse_attention(query, key, value, mask, mode, top_k=4)
    found = attend_in_chunks(query, key, value, mask, mask, mode, 4, True, queries_at_once)
    torch.testing.assert_close(found.gathered, expected)
    torch.testing.assert_close(found.weights, weights)
    torch.testing.assert_close(found.received, weights[..., :15, :].mean(-2))


def test_attention_in_chunks_has_the_same_gradient():
    whole, chunks = ([tensor.requires_grad_() for tensor in random_attention(20)] for _ in range(2))
    attend_in_chunks(*whole, queries_at_once=20).gathered.square().sum().backward()
    attend_in_chunks(*chunks, queries_at_once=6).gathered.square().sum().backward()
    for one, other in zip(whole, chunks, strict=True):
        torch.testing.assert_close(one.grad, other.grad)


def test_of_a_long_input_no_scores_are_kept_for_the_gradient():
    query, key, value = (tensor.requires_grad_() for tensor in random_attention(64))
    sizes = []
    with torch.autograd.graph.saved_tensors_hooks(lambda kept: sizes.append(kept.numel()) or kept, lambda kept: kept):
        attend_in_chunks(query, key, value, queries_at_once=8)
        assert max(sizes, default=0) <= key.numel()
        explicit_sparse_attention(query, key, value)
        assert max(sizes) >= 2 * 3 * 64 * 64
