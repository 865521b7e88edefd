"""An eager PyTorch loop with a DataLoader, as public scripts write it.

The loop is that of pytorch/examples (dcgan, vae): shuffled batches from a DataLoader, one
torch.randn a batch, the default Adam, and a generator step on the images that the discriminator
was just shown, which saves it one pass of the generator that algorithm 1 and the engine make.
Logits in place of probabilities, and no printing: both in its favour.
"""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.contenders import Racer, memory, seconds_of

missing = None


def plays(workload) -> bool:
    return True


def prepare(workload, x, device, workers: int = 0) -> Racer:
    """The loop at round 0.

    workers: processes of the DataLoader.
    """
    net = memory.networks(workload, device)
    adam = memory.adams(workload, net)
    model, batch = workload.model, workload.batch
    on_gpu = torch.device(device).type == "cuda"
    pixels = torch.from_numpy(x)
    loader = DataLoader(
        TensorDataset((pixels + 1) / 2 if workload.kind == "vae" else pixels),
        batch_size=batch,
        shuffle=True,
        drop_last=True,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=on_gpu,
    )

    def for_ever() -> Iterator[Tensor]:
        while True:
            for (x,) in loader:
                yield x.to(device, non_blocking=True)

    batches = for_ever()
    steps = model.players()[0].steps
    draws = bool(workload.kind == "vae" and model.observation())

    def gan_round():
        for _ in range(steps):
            x = next(batches)
            fake = net["generator"](torch.randn(batch, model.latent, device=device))
            real_logits = net["discriminator"](x)
            fake_logits = net["discriminator"](fake.detach())
            ones, zeros = torch.ones_like(real_logits), torch.zeros_like(fake_logits)
            loss_real = binary_cross_entropy_with_logits(real_logits, ones)
            loss = loss_real + binary_cross_entropy_with_logits(fake_logits, zeros)
            adam["discriminator"].zero_grad()
            loss.backward()
            adam["discriminator"].step()
        logits = net["discriminator"](fake)
        loss = binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
        adam["generator"].zero_grad()
        loss.backward()
        adam["generator"].step()

    def wgan_gp_round():
        for _ in range(steps):
            x, mix = next(batches), torch.rand(batch, 1, device=device)
            z = torch.randn(batch, model.latent, device=device)
            memory.critic_step(net, adam, x, z, mix, model.penalty)
        memory.wgan_generator_step(net, adam, z)

    def vae_round():
        x = next(batches)
        x = torch.bernoulli(x) if draws else x
        memory.vae_step(net, adam, x, torch.randn(batch, model.latent, device=device))

    play_round = {"gan": gan_round, "wgan_gp": wgan_gp_round, "vae": vae_round}[workload.kind]

    def play(rounds):
        for _ in range(rounds):
            play_round()
        if on_gpu:
            torch.cuda.synchronize(device)

    def noise():
        for _ in range(steps):
            torch.randn(batch, model.latent, device=device)
            if workload.kind == "wgan_gp":
                torch.rand(batch, 1, device=device)
            if draws:
                torch.bernoulli(pixels[:batch].clamp(0, 1))

    return Racer(
        play,
        replicas=1,
        data=lambda: seconds_of(lambda: next(batches), device) * steps,
        noise=lambda: seconds_of(noise, device),
    )
