"""Figures of the later systems: a name for every row, and what each row is made of."""

from types import SimpleNamespace

import pytest
import torch

from pipeline.engine.ensemble import Ensemble
from pipeline.figures import codes, completions, growth, one_image, truncated
from pipeline.metrics.truncation_curve import BOUNDS
from pipeline.models import biggan, completion_gan, infogan, singan


def run(model, shape=(4, 4), **more):
    ensemble = Ensemble(model, (3, 5))
    ensemble.settle()
    size = shape[0] * shape[1]
    x = torch.rand(8, size, generator=torch.Generator().manual_seed(0)) * 2 - 1
    block = {"model": model, "ensemble": ensemble, "seeds": [3, 5], "snapshots": []}
    arrays = {"test": {"x": x}, "validation": {"x": x}, "train": {"x": x[:1]}}
    return SimpleNamespace(**block | arrays | {"dataset": SimpleNamespace(shape=shape)} | more)


def named(sheets, size=16):
    sheets = [*sheets]
    for sheet in sheets:
        assert sheet.images.shape[0] == len(sheet.rows)
        assert sheet.images.shape[2] == size
        assert sheet.images.isfinite().all()
    return sheets


INFO = infogan.Model(features=16, latent=3, width=6, components=4, codes=2)
BIG = biggan.Model(features=16, classes=3, latent=6, width=4)
COMPLETE = completion_gan.Model(features=16, shape=(4, 4), latent=3, width=6)
ONE = singan.Model(features=400, shape=(20, 20), width=2, layers=2, scales=3)


def test_codes_move_one_number_at_a_time():
    categories, first, second = named(codes.show({"one": run(INFO)}))
    assert categories.rows == first.rows == [f"category {c}" for c in range(4)]
    assert (first.images[:, 0] != first.images[:, -1]).any()
    start, end = first.images[0, 0], second.images[0, 0]
    assert (start != end).any()  # another number is at -1


def test_truncated_latents_stand_below_whole_ones():
    (sheet,) = named(truncated.show({"one": run(BIG)}))
    assert len(sheet.rows) == 1 + len(BOUNDS)
    spread = sheet.images.std(1).mean(1)
    assert spread[-1] <= spread[0]


def test_what_is_known_of_an_image_is_in_every_completion():
    (sheet,) = named(completions.show({"one": run(COMPLETE)}))
    whole, known, *drawn = sheet.images
    seen = (known == whole) & (known != -1)
    assert seen.any()
    assert all((one[seen] == whole[seen]).all() for one in drawn)


def test_growth_shows_the_moments_of_a_training():
    trained = run(BIG)
    trained.snapshots = [0, 10, 20]
    trained.at = lambda i: run(BIG)
    (sheet,) = named(growth.show({"one": trained, "none": run(BIG)}))
    assert sheet.rows == ["0 rounds", "10 rounds", "20 rounds"]


@pytest.mark.parametrize("place", range(4))
def test_one_image_and_what_is_made_of_it(place):
    trained = run(ONE, (20, 20))
    sheet = named(one_image.show({"one": trained}), 400)[place]
    image = trained.train["x"][0]
    if place == 0:
        assert all(torch.equal(row[0], image) for row in sheet.images)
        assert sheet.rows == ["seed 3", "seed 5"]
    if place == 1:
        assert sheet.rows == ["whole pyramid", "from scale 1", "from scale 2"]
    if place == 2:
        assert sheet.rows[:2] == ["pasted", "harmonised from scale 1"]
        pasted, other = sheet.images[0][3].view(20, 20), trained.validation["x"][3].view(20, 20)
        assert torch.equal(pasted[5:10, 5:10], other[5:10, 5:10])
        assert torch.equal(pasted[:5], image.view(20, 20)[:5])
    if place == 3:
        steps = (sheet.images[0, 1:] - sheet.images[0, :-1]).abs().amax(1)
        assert (steps > 0).all()
