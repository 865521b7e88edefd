"""A winner on an edge is told; a run that has other numbers than its search's winner, too."""

import pytest

from pipeline.search.draws import Draw
from pipeline.search.space import Search
from pipeline.search.winners import edges
from tests.search.toy import SPACE

RING = SPACE["searches"]["ring-r1"]


def search(**changes):
    return Search.model_validate(RING | changes, strict=False)


@pytest.mark.parametrize(
    ("value", "edge"),
    [(1e-4, "low"), (1.4e-4, "low"), (1.5e-4, None), (6e-2, None), (8e-2, "high"), (1.0, "high")],
)
def test_an_edge_is_five_per_cent_of_the_log_range(value, edge):
    """Of three decades: a factor of 10^.15 = 1.41 from either end."""
    found = edges(search(), Draw(0, None, "a", {}, {"train.optimizer.lr": value}))
    assert found.get("train.optimizer.lr") == edge


def test_the_least_and_greatest_of_three_choices_are_edges_and_of_two_none():
    key = "train.optimizer.betas"
    for betas, edge in (([0.0, 0.99], "low"), ([0.5, 0.999], None), ([0.9, 0.999], "high")):
        assert edges(search(), Draw(0, None, "a", {}, {key: betas})).get(key) == edge
    three = search(space={key: {"choice": [[0.0, 0.99], [0.5, 0.999], [0.9, 0.999]]}})
    assert edges(three, Draw(0, None, "a", {}, {key: [0.9, 0.999]})) == {key: "high"}
    two = search(space={key: {"choice": [[0.0, 0.99], [0.5, 0.999]]}})
    assert not edges(two, Draw(0, None, "a", {}, {key: [0.0, 0.99]}))


def test_a_number_of_three_structures_has_edges_too():
    blocks = [{"arguments": {"width": width}} for width in (32, 64, 128)]
    for width, edge in ((32, "low"), (64, None), (128, "high")):
        draw = Draw(0, None, "a", {"arguments.width": width}, {})
        assert edges(search(structures=blocks), draw).get("arguments.width") == edge
