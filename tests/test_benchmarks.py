"""The benchmark compares like with like, and counts right."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import child, counts
from benchmarks.contenders import Racer, jax_step, loader, memory, pythae_trainer
from benchmarks.contenders import engine as engine_contender
from benchmarks.games import Dcgan, MlpGan, UpsampledConv, WganGp
from benchmarks.workloads import Workload, examples, workloads
from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.randomness import BLOCK, Integers, draw
from pipeline.engine.training import Training
from pipeline.networks.mlp import mlp

CONTENDERS = {
    "engine": engine_contender,
    "loader": loader,
    "memory": memory,
    "jax_step": jax_step,
    "pythae_trainer": pythae_trainer,
}
FIRST = "mlp_gan"  # of the same pattern as the others
EVERY = pytest.mark.parametrize(
    "name",
    [n if n == FIRST else pytest.param(n, marks=pytest.mark.each) for n in workloads()],
)


def data(workload, n=40):
    """Examples of the workload's shape in [-1, 1], (n, features) float32."""
    rng = torch.Generator().manual_seed(1)
    return 2 * torch.rand(n, workload.model.features, generator=rng) - 1


@EVERY
@pytest.mark.parametrize("contender", [n for n, c in CONTENDERS.items() if not c.missing])
def test_every_contender_plays_every_workload_that_it_says_it_has(contender, name, monkeypatch):
    """Two rounds are as many steps of Adam as promised; its data and noise can be timed."""
    workload, module = workloads()[name].small(), CONTENDERS[contender]
    if not module.plays(workload):
        assert contender not in ("engine", "loader", "memory")
        return
    moved: list[object] = []
    step = torch.optim.Adam.step
    monkeypatch.setattr(torch.optim.Adam, "step", lambda *own: (moved.append(own), step(*own))[1])
    racer = module.prepare(workload, data(workload).numpy(), "cpu")
    racer.play(2)
    if contender in ("loader", "memory", "pythae_trainer"):
        assert len(moved) == 2 * sum(player.steps for player in workload.model.players())
    assert racer.replicas == 1
    assert racer.data() > 0
    assert racer.noise() > 0


def test_the_engine_races_as_many_replicas_as_it_says():
    workload = workloads()["ring_gan"].small()
    racer = engine_contender.prepare(workload, data(workload).numpy(), "cpu", replicas=3)
    racer.play(1)
    assert racer.replicas == 3


def drawn(workload, player, step, x):
    """The batch and the noise of the engine's first round for seed 0, from its streams."""
    count, dtype = (BLOCK, workload.batch), torch.get_default_dtype()
    where = f"{player.name}/{step}"
    index = draw(Integers(len(x)), count, 0, f"batch/{where}/index", 0, "cpu")[0]
    noise = {
        name: draw(distribution, count, 0, f"noise/{where}/{name}", 0, "cpu")[0].to(dtype)
        for name, distribution in player.noise.items()
    }
    return x[index], noise


@EVERY
def test_the_loop_in_memory_does_the_work_of_the_engine(name, double):
    """One round from the same weights, batches and noise ends in the same weights.

    Both add the same products in other orders, 1e-16 each; Adam divides a gradient by its own
    size in the first step, which magnifies the rounding of the smallest ones.
    """
    workload = workloads()[name].small()
    x = data(workload).double()
    ensemble = Ensemble(workload.model, [0])
    net = memory.networks(workload, "cpu")
    for network, module in net.items():
        module.load_state_dict({k: t[0].detach() for k, t in ensemble.state[network].items()})
    adam = memory.adams(workload, net, fused=True)
    training = Training(ensemble, {"x": x}, workload.batch, optimizer("adam", **workload.adam))
    for _ in training.play(1):
        pass

    for player in workload.model.players():
        for step in range(player.steps):
            batch, noise = drawn(workload, player, step, x)
            if player.name == "autoencoder":
                pixels = (batch + 1) / 2
                seen = (noise["pixel"] < pixels).double() if "pixel" in noise else pixels
                memory.vae_step(net, adam, seen, noise["e"])
            elif player.name == "critic":
                penalty = workload.model.penalty
                memory.critic_step(net, adam, batch, noise["z"], noise["mix"], penalty)
            elif player.name == "discriminator":
                memory.discriminator_step(net, adam, batch, noise["z"])
            elif workload.kind == "wgan_gp":
                memory.wgan_generator_step(net, adam, noise["z"])
            else:
                memory.generator_step(net, adam, noise["z"])

    lr = workload.adam["lr"]
    for network, module in net.items():
        for key, tensor in module.state_dict().items():
            ours = training.ensemble.state[network][key][0].detach()
            torch.testing.assert_close(ours, tensor, rtol=0, atol=lr * 1e-4)


def test_a_folded_convolution_is_the_plain_one(double):
    """Of an image at twice its size: the same numbers, with 16 products a pixel and not 36."""
    x = torch.randn(2, 3, 5, 5)
    plain, folded = (UpsampledConv(3, 4, folded=folded) for folded in (False, True))
    folded.load_state_dict(plain.state_dict())
    torch.testing.assert_close(folded(x), plain(x), rtol=1e-12, atol=1e-12)
    assert plain(x).shape == (2, 4, 10, 10)


def test_layers_by_hand():
    assert counts.layers(mlp(3, 5, 2), 3) == [(3, 15, 5, 30), (5, 10, 2, 20)]
    conv = torch.nn.Sequential(
        torch.nn.Unflatten(1, (1, 4, 4)), torch.nn.Conv2d(1, 2, 3, stride=2, padding=1)
    )
    assert counts.layers(conv, 16) == [(16, 18, 8, 2 * 8 * 9)]
    up = torch.nn.Sequential(torch.nn.Unflatten(1, (1, 2, 2)), UpsampledConv(1, 3, folded=True))
    assert counts.layers(up, 4) == [(4, 27, 48, 2 * 48 * 4)]


def by_hand(kind, model, batch):
    return Workload("w", "", kind, "", model, batch, {}, {})


def test_operations_of_a_gan_by_hand():
    """G 2-3-5, D 5-4-1, B = 10, multiply-adds: G 6 + 15, D 20 + 4.

    D's step: G once; D twice, 2 products of its first layer and 3 of its last. G's step: D 2
    and 2; G 2 and 3.
    """
    model = MlpGan(features=5, latent=2, generator=(3,), discriminator=(4,))
    generator = (6 + 15) + (2 * 6 + 3 * 15)
    discriminator = 2 * (2 * 20 + 3 * 4) + 2 * (20 + 4)
    found = counts.work(by_hand("gan", model, 10))
    assert found.flops == 2 * 10 * (generator + discriminator)
    weights = (6 + 3 + 15 + 5) + (20 + 4 + 4 + 1)
    g1, g2 = 10 * (2 + 3) + 6, 10 * (3 + 5) + 15
    d1, d2 = 10 * (5 + 4) + 20, 10 * (4 + 1) + 4
    products = (g1 + g2) + 2 * (2 * d1 + 3 * d2) + 2 * (d1 + d2) + (2 * g1 + 3 * g2)
    assert found.bytes == 4 * products + 28 * weights


def test_operations_of_a_gradient_penalty_by_hand():
    """C 5-4-1, k = 1: the penalty adds 4 products of the first layer and 3 of the last."""
    shape = {"features": 5, "latent": 2, "generator": (3,)}
    gan = counts.work(by_hand("gan", MlpGan(**shape, discriminator=(4,)), 10))
    wgan = counts.work(by_hand("wgan_gp", WganGp(**shape, critic=(4,), k=1), 10))
    assert wgan.flops - gan.flops == 2 * 10 * (4 * 20 + 3 * 4)


def seen(workload):
    """Operations of the loop in memory in one round, as Torch counts them."""
    racer = memory.prepare(workload, data(workload).numpy(), "cpu")
    with FlopCounterMode(display=False) as counter:
        racer.play(1)
    return counter.get_total_flops()


@pytest.mark.parametrize("name", ["mlp_vae", "digits_vae"])
def test_counted_operations_are_those_that_torch_sees(name):
    workload = workloads()[name].small()
    assert counts.work(workload).flops == seen(workload)


@pytest.mark.parametrize("name", ["mlp_gan", "ring_gan", "digits_gan"])
def test_a_loop_is_not_credited_with_what_it_need_not_do(name):
    """The usual loop also computes the discriminator's gradients in the generator's step."""
    workload = workloads()[name].small()
    model = workload.model
    layers = counts.layers(model.networks()["discriminator"], model.features)
    idle = sum(layer.flops for layer in layers) * workload.batch
    assert counts.work(workload).flops == seen(workload) - idle


def test_a_folded_dcgan_needs_less_than_the_plain_one():
    plain, folded = (
        counts.work(by_hand("gan", Dcgan(features=784, latent=3, width=8, folded=f), 4)).flops
        for f in (False, True)
    )
    assert folded < plain


def test_without_mnist_pixels_have_its_shape(monkeypatch):
    monkeypatch.delenv("DSTAR_MNIST_DIR", raising=False)
    x, source = examples("mnist")
    assert (x.shape, x.dtype.name) == ((50_000, 784), "float32")
    assert -1 <= x.min() < -0.9
    assert 0.9 < x.max() <= 1
    assert "uniform" in source


@pytest.mark.parametrize(("cost", "step"), [(0.01, 16), (0.3, 2), (3.0, 1)])
def test_rounds_are_played_as_many_at_a_time_as_last_no_longer_than_asked(cost, step, monkeypatch):
    """Under a clock that only the rounds move; all that are played after the warm-up count."""
    clock, played = [0.0], []

    def play(rounds):
        played.append(rounds)
        clock[0] += rounds * cost

    monkeypatch.setattr("time.perf_counter", lambda: clock[0])
    rounds, seconds = child.timed(Racer(play, 1, float, float), 1.0)
    counted = [n for n in played if n == step][-(rounds // step) :]
    assert sum(counted) == rounds
    assert seconds == pytest.approx(rounds * cost)
    assert 1.0 <= seconds < 1.0 + step * cost + 1e-9
