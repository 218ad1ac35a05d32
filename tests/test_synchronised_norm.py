"""Batch norm over processes is torch's own, in every precision that a recipe may train in."""

import copy

import pytest
import torch
from torch import nn

from tonada.learning.synchronised_norm import synchronise


@pytest.fixture
def one_process(tmp_path):
    """A group of this process alone."""
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/meet", world_size=1, rank=0)
    yield
    torch.distributed.destroy_process_group()


@pytest.mark.parametrize("precision", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_a_process_alone_learns_what_torchs_batch_norm_does(one_process, precision):
    features = (3 * torch.randn(40, 5, 7, generator=torch.Generator().manual_seed(0)) + 2).to(precision)
    theirs = nn.BatchNorm1d(5).to(torch.promote_types(precision, torch.float32))
    ours = copy.deepcopy(theirs)
    synchronise(ours)
    with torch.autocast("cpu", precision, enabled=precision in (torch.bfloat16, torch.float16)):
        expected, found = theirs(features), ours(features)
    assert found.dtype == expected.dtype == precision
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict())
