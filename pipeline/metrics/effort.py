"""What it takes to reach a fixed quality: rounds, arithmetic, and how many trainings get there.

    t            the first snapshot from which on the divergence is at most QUALITY, to the end
    arithmetic   t B [ k (W_G + 6 W_D) + g (3 W_G + 2 W_D) ]    multiplications
    never        a training that does not get there is censored: it took more than all rounds

The divergence is that of pipeline/metrics/coverage.py, over cells of a known mixture. W are the
weights of a network's matrices, each one multiplication an example on the way forward, and one
more each for the gradient in its input and in itself; k and g are the players' steps, B the batch.
Goodfellow et al., "Generative Adversarial Nets" (2014), section 6, extension 5: to coordinate the
players better, or to draw z from another law, could speed up training. A censored training has the
number of all rounds, a lower bound, so that a mean is the restricted one of Irwin (1949), and not
that of those alone that got there: two runs may be compared where both had as much arithmetic in
all. The end itself does not count as arrival, since nothing shows that it would have lasted.
"""

from typing import Any

import torch
from torch import Tensor, nn

from pipeline.metrics import Found, Measured, Run
from pipeline.metrics.arrival import rounds_to_all
from pipeline.metrics.coverage import SAMPLES, cell_histogram, cell_shares, jensen_shannon
from pipeline.models import roles

NEEDS = (roles.Sampler, roles.Game)
NEEDS_DATA = ("means", "scale")
SNAPSHOTS = 2
VALUES = ("arithmetic", "reached", "rounds")
QUALITY = 0.3  # nats of divergence; 0.69 is that of samples that are nowhere right


def round_arithmetic(
    generator: int, discriminator: int, batch: int, k: int, generator_steps: int
) -> int:
    """The multiplications of a round of two players, in the products of their matrices.

    generator, discriminator: W_G and W_D. batch: B. k, generator_steps: steps a round.
    Returns an integer.
    """
    own = k * (generator + 6 * discriminator)
    return batch * (own + generator_steps * (3 * generator + 2 * discriminator))


def lacks(model: Any, dataset: Any) -> str:
    """Both networks must be plain, and both players must play."""
    names = [player.name for player in model.players()]
    if names != ["discriminator", "generator"]:
        return "a discriminator and a generator that both play"
    networks = model.networks()
    layers = [layer for network in networks.values() for layer in network.modules()]
    plain = isinstance(networks.get("discriminator"), nn.Sequential)
    plain &= not any(isinstance(layer, nn.Conv2d) for layer in layers)
    return "" if plain else "networks that are chains of matrices"


def measure(run: Run) -> Found:
    means, scale = torch.as_tensor(run.dataset.means, dtype=torch.float64), run.dataset.scale
    shares = cell_shares(*means.shape)

    def divergence(x: Tensor) -> float:
        return jensen_shannon(cell_histogram(x.double(), means, scale), shares).item()

    rows = [
        [divergence(replica) for replica in run.at(i).sample(SAMPLES)]
        for i in range(len(run.snapshots))
    ]
    reached = (torch.tensor(rows).T <= QUALITY).long()
    rounds = [rounds_to_all(own, torch.tensor(run.snapshots), 1).item() for own in reached]
    last, steps = run.snapshots[-1], {p.name: p.steps for p in run.model.players()}
    weights = {
        name: sum(w.numel() for w in network.parameters() if w.dim() > 1)
        for name, network in run.model.networks().items()
    }
    cost = round_arithmetic(
        weights["generator"],
        weights["discriminator"],
        run.run.train.batch,
        steps["discriminator"],
        steps["generator"],
    )
    never = "never: at least all of it"
    title = f"until the divergence is {QUALITY:g} nats or less, to the end"
    seen = f"seen at {len(run.snapshots)} snapshots"
    return {
        "rounds": Measured(
            f"rounds {title}", f"rounds, {seen}", rounds, float(last), never, "lower", least=0.0
        ),
        "arithmetic": Measured(
            f"arithmetic {title}",
            f"10^9 multiplications, {seen}",
            [t * cost / 1e9 for t in rounds],
            last * cost / 1e9,
            never,
            "lower",
            least=0.0,
        ),
        "reached": Measured(
            f"the divergence is {QUALITY:g} nats or less before the end, and to the end",
            "share of seeds",
            [float(t < last) for t in rounds],
            1.0,
            "true samples",
            "higher",
            share=True,
            least=0.0,
            most=1.0,
        ),
    }
