"""Packs: of size one it is the GAN, order does not matter, and a batch has complete packs."""

import math

import pytest
import torch

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import gan, pac_gan
from pipeline.stages import check
from pipeline.study.errors import StudyError
from tests import tiny

SIZE = {"features": 2, "latent": 3, "width": 6}
X = torch.rand(40, 2, generator=torch.Generator().manual_seed(0))


def played(model, rounds=4):
    """The weights of two replicas, which begin as those of the GAN."""
    ensemble, x = Ensemble(model, [3, 4]), {"x": X.to(torch.get_default_dtype())}
    for name, weights in Ensemble(gan.Model(**SIZE), [3, 4]).weights.items():
        ensemble.weights[name].copy_(weights)
    for _ in Training(ensemble, x, 8, optimizer("adam", lr=0.05)).play(rounds):
        pass
    return ensemble.weights


def replica(model):
    ensemble = Ensemble(model, [5])
    state = {n: {k: t[0].clone() for k, t in s.items()} for n, s in ensemble.state.items()}
    return Nets(ensemble.modules, state)


@pytest.mark.parametrize("objective", ["non_saturating", "minimax"])
def test_packs_of_one_are_the_gan(objective, double):
    """To the rounding of a mean that is taken earlier, over rounds of an ensemble."""
    arguments = SIZE | {"generator_objective": objective}
    ours, known = (
        played(model) for model in (pac_gan.Model(**arguments, pack=1), gan.Model(**arguments))
    )
    for name, weights in known.items():
        torch.testing.assert_close(ours[name], weights, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("pack", [2, 3])
def test_which_pack_is_which_does_not_matter(pack, double):
    """The losses are the same for packs in another order, and other ones for other packs."""
    model = pac_gan.Model(**SIZE, pack=pack)
    net, rng = replica(model), torch.Generator().manual_seed(0)
    x, z = torch.randn(12, 2, generator=rng), torch.randn(12, 3, generator=rng)

    def losses(order):
        batch, noise = {"x": x[order]}, {"z": z[order]}
        terms = model.discriminator_loss(net, batch, noise) | model.generator_loss(net, {}, noise)
        return torch.stack(list(terms.values()))

    place = torch.arange(12)
    packs = place.view(-1, pack)[torch.randperm(12 // pack, generator=rng)].flatten()
    assert losses(place).shape == (2,)
    torch.testing.assert_close(losses(packs), losses(place), rtol=1e-14, atol=1e-14)
    assert (losses(place.roll(1)) - losses(place)).abs().min() > 1e-6


@pytest.mark.parametrize("pack", [1, 2, 3])
def test_a_pack_is_of_neighbours_and_all_of_each(pack, double):
    """The discriminator's gradient in an example is 0 but in its own pack, and nowhere 0 there."""
    model = pac_gan.Model(**SIZE, pack=pack)
    net = replica(model)
    logits = model.pack_logits(net, X[:12].double())
    assert logits.shape == (12 // pack,)
    gradients = torch.func.jacrev(lambda x: model.pack_logits(net, x))(X[:12].double())
    own = torch.arange(12) // pack == torch.arange(12 // pack)[:, None]
    assert torch.equal((gradients != 0).all(-1), own)
    assert torch.equal((gradients != 0).any(-1), own)


def test_what_fills_no_pack_is_not_judged():
    model = pac_gan.Model(**SIZE, pack=3)
    net = replica(model)
    assert torch.equal(model.pack_logits(net, X[:11]), model.pack_logits(net, X[:9]))


def test_an_undecided_discriminator_costs_log_four():
    model = pac_gan.Model(**SIZE, pack=2)
    net = replica(model)
    zero = {name: torch.zeros_like(w) for name, w in net.state["discriminator"].items()}
    net = net.replace(discriminator=zero)
    terms = model.discriminator_loss(net, {"x": X[:8]}, {"z": torch.zeros(8, 3)})
    assert terms["minimax"].item() == pytest.approx(math.log(4), rel=1e-6)


def test_a_batch_that_is_not_of_whole_packs_is_refused(folder):
    """In one line, before anything is computed."""
    runs = {"pac": {"model": "pac_gan", "arguments": {"latent": 2, "width": 4, "pack": 3}}}
    params = tiny.params(**runs)
    params["experiments"]["toy"]["metrics"] = ["coverage"]
    with pytest.raises(StudyError) as told:
        tiny.write(folder, params)
    where = "params.yaml: train.batch"
    assert str(told.value).endswith(f"{where}: must be a multiple of pack, 3, not 8")
    assert "\n" not in str(told.value)
    params["experiments"]["toy"]["runs"]["pac"]["train"] = {"batch": 9, "rounds": 1}
    tiny.write(folder, params)
    assert check.study().experiments["toy"].runs["pac"].train.batch == 9
