"""Growth by stages: what is shown at each time, how it fades in, and who is trained when."""

import pytest
import torch

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import progressive_gan, roles
from pipeline.networks.growing import doubled, halved

SIZE = {"features": 64, "latent": 3, "width": 2, "shape": (8, 8)}
MODEL = progressive_gan.Model(**SIZE, stages=3)
X = torch.rand(12, 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2 - 1
ROUNDS = 12


def replica(model=MODEL, seed=3):
    ensemble = Ensemble(model, [seed])
    state = {n: {k: t[0].clone() for k, t in s.items()} for n, s in ensemble.state.items()}
    return Nets(ensemble.modules, state)


def noise(n=5):
    rng = torch.Generator().manual_seed(1)
    z = torch.randn(n, 3, generator=rng, dtype=torch.float64)
    return {"z": z, "epsilon": torch.rand(n, generator=rng, dtype=torch.float64)}


def begin(model=MODEL, seeds=(1, 2)):
    adam = optimizer("adam", lr=1e-2)
    return Training(Ensemble(model, seeds), {"x": X}, 4, adam, rounds=ROUNDS)


def number(value):
    return torch.tensor(value, dtype=torch.float64)


def test_half_the_sides_and_twice(double):
    """Means of four pixels; to double and to halve is to do nothing, and means are kept."""
    coarse = halved(X, (8, 8))
    torch.testing.assert_close(coarse[0, 0], X[0, [0, 1, 8, 9]].mean())
    torch.testing.assert_close(halved(doubled(coarse, (4, 4)), (8, 8)), coarse)
    torch.testing.assert_close(doubled(coarse, (4, 4)).mean(-1), X.mean(-1))


def test_data_have_the_sides_of_their_stage(double):
    for stage, features in ((0, 4), (1, 16), (2, 64)):
        assert MODEL.real(stage, X, number(1.0)).shape == (12, features)
    torch.testing.assert_close(MODEL.real(2, X, number(1.0)), X)
    coarse = doubled(halved(X, (8, 8)), (4, 4))
    torch.testing.assert_close(MODEL.real(2, X, number(0.0)), coarse)
    torch.testing.assert_close(MODEL.real(2, X, number(0.25)), X / 4 + 3 * coarse / 4)


def test_a_stage_begins_as_the_last_one_ended(double):
    """At a = 0 images are those of the stage before, doubled, and so are scores of images that
    are: no jump when a stage begins."""
    net = replica()
    for stage in (1, 2):
        before = MODEL.made(stage - 1, net, noise(), number(1.0))
        sides = MODEL.sides(stage - 1)
        torch.testing.assert_close(
            MODEL.made(stage, net, noise(), number(0.0)), doubled(before, sides)
        )
        known = MODEL.judged(stage - 1, net, before, number(1.0))
        found = MODEL.judged(stage, net, doubled(before, sides), number(0.0))
        torch.testing.assert_close(found, known)
        whole = MODEL.judged(stage, net, doubled(before, sides), number(1.0))
        assert (whole - known).abs().max() > 1e-4


def test_the_fade_is_linear_over_half_of_a_stage():
    for progress, a in ((0.0, 0.0), (0.25, 0.5), (0.5, 1.0), (0.9, 1.0)):
        assert MODEL.share(1, torch.tensor(progress)) == a
        assert MODEL.share(0, torch.tensor(progress)) == 1
        assert progressive_gan.Model(**SIZE, grow=False).share(1, torch.tensor(progress)) == 1


def test_a_stage_trains_all_networks_up_to_its_own_and_none_above(double):
    begun = begin()
    for stage in range(3):
        before = {n: w.clone() for n, w in begun.ensemble.weights.items()}
        for report in begun.play(ROUNDS // 3 * (stage + 1)):
            assert list(report) == [f"discriminator_{stage}", f"generator_{stage}"]
        for name, weights in begun.ensemble.weights.items():
            moved = bool((weights != before[name]).any())
            assert moved == (int(name[-1]) <= stage), (stage, name)


def test_what_is_sampled_is_what_has_grown(double):
    """Of full size from the start: before and during the first stage in blocks of 4 by 4 pixels,
    after the second of 2 by 2, after the third of single ones. The share that is shown follows the
    rounds: in the round k of 4 of a stage k / 2, at most 1."""
    begun = begin()
    z = {n: t.expand(2, *t.shape) for n, t in noise().items()}

    def blocks():
        x = begun.ensemble.each(MODEL.sample, z)[0]
        assert x.shape == (5, 64)
        fine = (x - doubled(halved(x, (8, 8)), (4, 4))).abs().max() > 1e-9
        once = halved(x, (8, 8))
        coarse = (once - doubled(halved(once, (4, 4)), (2, 2))).abs().max() > 1e-9
        return bool(coarse), bool(fine)

    assert blocks() == (False, False)
    list(begun.play(4))
    assert blocks() == (False, False)
    shown = []
    while begun.round < 8:
        list(begun.play(begun.round + 1))
        shown.append(begun.ensemble.state["generator_1"]["shown"].tolist())
    assert shown == [[0.0, 0.0], [0.5, 0.5], [1.0, 1.0], [1.0, 1.0]]
    assert blocks() == (True, False)
    list(begun.play(ROUNDS))
    assert blocks() == (True, True)


def test_without_growth_all_is_trained_at_full_size(double):
    model = progressive_gan.Model(**SIZE, stages=3, grow=False)
    begun = begin(model)
    before = {n: w.clone() for n, w in begun.ensemble.weights.items()}
    (report,) = list(begun.play(1))
    assert list(report) == ["discriminator_2", "generator_2"]
    for name, weights in begun.ensemble.weights.items():
        moved = begun.ensemble.named(name, weights != before[name])
        # Images of the smaller stages are neither shown nor judged; of the biases some cancel in
        # the difference of scores.
        images = {k for k in moved if k.startswith(("to_image", "from_image"))}
        used = {k for k in moved if k.endswith("weight")} - (images if name[-1] != "2" else set())
        assert all(moved[k].any() for k in used), name
        assert name[-1] == "2" or not any(moved[k].any() for k in images)
    assert (begun.ensemble.state["generator_2"]["shown"] == 1).all()


@pytest.mark.slow
def test_a_replica_does_not_depend_on_its_neighbours(double):
    together, alone = begin(), begin(seeds=(2,))
    for begun in (together, alone):
        list(begun.play(ROUNDS))
    for name, weights in alone.ensemble.weights.items():
        known = together.ensemble.weights[name][1]
        torch.testing.assert_close(weights[0], known, rtol=1e-7, atol=1e-7)


def test_its_roles_and_what_is_refused():
    assert issubclass(progressive_gan.Model, roles.Sampler)
    assert issubclass(progressive_gan.Model, roles.Critic)
    with pytest.raises(ValueError, match=r"3 stages need sides that are multiples of 4: \(8, 6\)"):
        progressive_gan.Model(features=48, latent=2, width=2, shape=(8, 6), stages=3)
