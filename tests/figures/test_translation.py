"""Translated images stand below their inputs and partners, every seed in its row, both ways."""

from types import SimpleNamespace

import torch
from numpy.testing import assert_allclose

from pipeline.figures import translation

X = torch.randn(40, 3, generator=torch.manual_seed(0))


def run(seeds=(4, 7), **methods):
    def each(f, x):
        return torch.stack([f(seed, x) for seed in seeds])

    return SimpleNamespace(
        seeds=list(seeds),
        test={"x": X, "partner": -X},
        model=SimpleNamespace(**methods),
        ensemble=SimpleNamespace(each=each),
    )


def test_every_seed_has_its_row():
    (sheet,) = translation.show({"one": run(translate=lambda net, x: net * x)})
    assert sheet.rows == ["input", "true partner", "seed 4", "seed 7"]
    assert_allclose(sheet.images, torch.stack([X, -X, 4 * X, 7 * X])[:, :16])


def test_the_way_back_begins_at_the_partner():
    both = run(translate=lambda net, x: x, translate_back=lambda net, x: net * x)
    there, back = translation.show({"two": both})
    assert "A to B" in there.title
    assert "B to A" in back.title
    assert_allclose(back.images, torch.stack([-X, X, -4 * X, -7 * X])[:, :16])


def test_of_many_seeds_ten_are_shown():
    (sheet,) = translation.show({"one": run(range(12), translate=lambda net, x: x)})
    assert len(sheet.rows) == len(sheet.images) == 12
