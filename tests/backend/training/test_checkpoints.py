"""A training that is stopped goes on as if it had not been."""

import torch

from facewright.training import checkpoints


def parts() -> dict:
    """Return a tiny training."""
    torch.manual_seed(1)
    network = torch.nn.Linear(3, 2)
    adam = torch.optim.Adam(network.parameters(), lr=0.1)
    return {"network": network, "adam": adam, "schedule": torch.optim.lr_scheduler.CosineAnnealingLR(adam, 20)}


def steps(training: dict, first: int, last: int) -> None:
    """Train from one step to another."""
    for step in range(first, last):
        loss = (training["network"](torch.full((1, 3), 0.1 * step)) - 1).square().sum()
        training["adam"].zero_grad()
        loss.backward()
        training["adam"].step()
        training["schedule"].step()


def test_a_resumed_training_ends_where_an_unbroken_one_does(tmp_path):
    whole, broken = parts(), parts()
    steps(whole, 0, 20)
    assert checkpoints.resume(tmp_path, **broken) == 0
    steps(broken, 0, 8)
    checkpoints.save(tmp_path, 8, **broken)
    again = parts()
    assert checkpoints.resume(tmp_path, **again) == 8
    steps(again, 8, 20)
    torch.testing.assert_close(again["network"].weight, whole["network"].weight)
    assert [path.name for path in tmp_path.iterdir()] == [checkpoints.FILE]
