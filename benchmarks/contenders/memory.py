"""An eager PyTorch loop over data in memory with a fused Adam: the engine's work, one seed.

Each step draws a batch and noise of its own, as algorithm 1 of the GAN paper has it and as the
engine does; with the same batches, noise and first weights it ends where the engine ends
(tests/test_benchmarks.py).
"""

from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from benchmarks.contenders import Racer, seconds_of

missing = None


def plays(workload) -> bool:
    return True


def discriminator_step(net, adam, x, z):
    with torch.no_grad():
        fake = net["generator"](z)
    real_logits, fake_logits = net["discriminator"](x), net["discriminator"](fake)
    loss = binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
    loss = loss + binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))
    _descend(adam["discriminator"], loss)


def generator_step(net, adam, z):
    logits = net["discriminator"](net["generator"](z))
    loss = binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
    _descend(adam["generator"], loss)


def critic_step(net, adam, x, z, mix, penalty):
    with torch.no_grad():
        fake = net["generator"](z)
    between = (mix * x + (1 - mix) * fake).requires_grad_()
    (gradient,) = torch.autograd.grad(net["critic"](between).sum(), between, create_graph=True)
    loss = net["critic"](fake).mean() - net["critic"](x).mean()
    _descend(adam["critic"], loss + penalty * (gradient.norm(2, dim=1) - 1).square().mean())


def wgan_generator_step(net, adam, z):
    _descend(adam["generator"], -net["critic"](net["generator"](z)).mean())


def vae_step(net, adam, x, e):
    """x: pixels in [0, 1]."""
    mean, log_variance = net["encoder"](x).chunk(2, dim=1)
    logits = net["decoder"](mean + (log_variance / 2).exp() * e)
    reconstruction = binary_cross_entropy_with_logits(logits, x, reduction="sum")
    kl = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum()
    _descend(adam["autoencoder"], (reconstruction + kl) / len(x))


def _descend(adam, loss):
    adam.zero_grad()
    loss.backward()
    adam.step()


def networks(workload, device) -> dict[str, torch.nn.Module]:
    """The workload's networks, as modules of one replica."""
    torch.manual_seed(0)
    return {name: network.to(device) for name, network in workload.plain().networks().items()}


def adams(workload, net, **options) -> dict[str, torch.optim.Adam]:
    """One Adam a player."""
    found = {}
    for player in workload.model.players():
        moved = [p for name in player.moves for p in net[name].parameters()]
        found[player.name] = torch.optim.Adam(moved, **workload.adam, **options)
    return found


def prepare(workload, x, device) -> Racer:
    """The loop at round 0."""
    net = networks(workload, device)
    adam = adams(workload, net, fused=True)
    model, batch = workload.model, workload.batch
    draws = bool(workload.kind == "vae" and model.observation())  # black and white from grey
    data = torch.from_numpy(x).to(device)
    data = (data + 1) / 2 if workload.kind == "vae" else data
    randn = partial(torch.randn, batch, model.latent, device=device)
    steps = model.players()[0].steps

    def some() -> Tensor:
        return data[torch.randint(len(data), (batch,), device=device)]

    def mix() -> Tensor:
        return torch.rand(batch, 1, device=device)

    def play(rounds):
        for _ in range(rounds):
            if workload.kind == "gan":
                for _ in range(steps):
                    discriminator_step(net, adam, some(), randn())
                generator_step(net, adam, randn())
            elif workload.kind == "wgan_gp":
                for _ in range(steps):
                    critic_step(net, adam, some(), randn(), mix(), model.penalty)
                wgan_generator_step(net, adam, randn())
            else:
                x = some()
                vae_step(net, adam, torch.bernoulli(x) if draws else x, randn())
        if torch.device(device).type == "cuda":
            torch.cuda.synchronize(device)

    def noise():
        for player in model.players():
            for _ in range(player.steps):
                randn()
                if "mix" in player.noise:
                    mix()
                if "pixel" in player.noise:
                    torch.bernoulli(data[:batch])

    return Racer(
        play,
        replicas=1,
        data=lambda: seconds_of(some, device) * steps,
        noise=lambda: seconds_of(noise, device),
    )
