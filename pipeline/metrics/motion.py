"""A game on the line by quadrature: both densities, the discriminator, and their theory.

    p_g(x) = sum over z with G(z) = x of p(z) / |G'(z)|
    JSD(p_data, p_g) = 1/2 int [ p_data log(p_data / m) + p_g log(p_g / m) ],  m their mean
    V(D, G) = int [ p_data log D + p_g log(1 - D) ]  <=  max_D V = -log 4 + 2 JSD

Goodfellow et al., "Generative Adversarial Nets" (2014), equation 1, proposition 1 and theorem 1;
their figure 1 is drawn from the profiles. Nothing is sampled: G is taken as linear between latents
1/250 apart, and it carries their exact normal mass to 2,000 bins, which span the generated values
and the data. On the bins V <= max_D V holds up to rounding, and the JSD is below its integral: by
less than 2e-6 nats for normal distributions of the same width, by 5e-5 if the generated width is a
tenth of the data's, by 0.02 if it is a point.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from scipy.special import ndtr
from torch import Tensor
from torch.nn.functional import logsigmoid

from pipeline.engine.randomness import Normal
from pipeline.metrics import Found, Histogram, Measured, Profile, Run, Series, in_double
from pipeline.models import roles

NEEDS = (roles.Discriminator, roles.Sampler)
NEEDS_DATA = ("means", "scale", "log_density")
SNAPSHOTS = 1
VALUES = (
    *("jsd", "jsd_by_round", "optimum_by_round", "regret_by_round", "value_by_round", "value_gap"),
)
Z = torch.linspace(-8, 8, 4_001, dtype=torch.float64)  # beyond: a mass of 1e-15
BINS = 2_000
DRAWN, SHOWN = 90, 21  # points of a drawn function, and the number of drawn snapshots


def pushforward(edges: np.ndarray, ends: np.ndarray, below: np.ndarray) -> np.ndarray:
    """The mass of G(z) in each bin, with G taken as linear between the given latents.

    edges: of the bins, increasing, shape (X + 1,). ends: G at increasing latents, shape (C + 1,).
    below: the latent's distribution function at the same latents, shape (C + 1,).
    Returns shape (X,). A bin contains its lower edge, the last one its upper edge too.
    """
    under = np.zeros_like(edges)
    turns = np.flatnonzero(np.diff(np.sign(np.diff(ends)))) + 1
    pieces = zip([0, *turns], [*turns, len(ends) - 1], strict=True)  # where G is monotone
    for first, last in pieces:
        x, mass = ends[first : last + 1], below[first : last + 1] - below[first]
        if x[0] == x[-1]:  # G is constant: the whole mass lies in one bin
            under += np.where(edges > x[0], mass[-1], 0)
            under[-1] += mass[-1] * (edges[-1] == x[0])
            continue
        if x[-1] < x[0]:
            x, mass = x[::-1], mass[-1] - mass[::-1]
        under += np.interp(edges, x, mass)
    return np.maximum(np.diff(under), 0)  # a difference of sums rounds to -1e-16


def jensen_shannon(p: Tensor, q: Tensor) -> Tensor:
    """JSD of two measures given by the masses of bins, in nats, 0 to log 2.

    p, q: shape (X,).
    Returns shape ().
    """
    return (optimum(p, q) + math.log(2) * (p.sum() + q.sum())) / 2


def game_value(p: Tensor, q: Tensor, logits: Tensor) -> Tensor:
    """V(D, G) from the masses of data and samples in bins, in nats.

    p, q: masses of the data and of samples, shape (X,). logits: D's in the bins, shape (X,).
    Returns shape (), at most `optimum`.
    """
    return (p * logsigmoid(logits) + q * logsigmoid(-logits)).sum()


def optimum(p: Tensor, q: Tensor) -> Tensor:
    """max_D V = -log 4 + 2 JSD, attained by D* = p / (p + q), in nats.

    p, q: masses of the data and of samples in bins, shape (X,).
    Returns shape ().
    """
    both = torch.where(p + q > 0, p + q, 1.0)
    return (torch.xlogy(p, p / both) + torch.xlogy(q, q / both)).sum()


def lacks(model: Any, dataset: Any) -> str:
    """G must be a function of one normal number, and the data normal on the line."""
    if dict(model.prior()) != {"z": Normal((1,))}:
        return "a model whose samples are made of one normal number, latent: 1"
    return "" if dataset.means.shape == (1, 1) else "data of one mode on the line"


def measure(run: Run) -> Found:
    snapshots = [run.at(i) for i in range(len(run.snapshots))]
    rows = [
        [_numbers(*distribution) for distribution in _distributions(snapshot)]
        for snapshot in snapshots
    ]
    jsd, value, best = torch.tensor(rows, dtype=torch.float64).permute(2, 1, 0)
    equal = "p_g = p_data"
    told = {
        "jsd": ("JSD of data and samples", jsd, 0.0, equal),
        "value": ("V(D, G) on the line", value, -math.log(4), f"-log 4, {equal} and D = D*"),
        "optimum": ("V of the best discriminator, -log 4 + 2 JSD", best, -math.log(4), equal),
        "regret": ("what the discriminator lacks of the best V", best - value, 0.0, "D = D*"),
    }
    found: dict[str, Measured | Series | Profile | Histogram] = {
        f"{name}_by_round": Series(title, "nats", run.snapshots, values.tolist(), reference, words)
        for name, (title, values, reference, words) in told.items()
    }
    found["jsd"] = Measured(
        title=told["jsd"][0],
        unit="nats",
        values=jsd[:, -1].tolist(),
        reference=0.0,
        reference_is=equal,
        better="lower",
        least=0.0,
        most=math.log(2),
    )
    found["value_gap"] = Measured(
        title="V(D, G) less the V of the best discriminator",
        unit="nats",
        values=(value - best)[:, -1].tolist(),
        reference=0.0,
        reference_is="D = D*",
        better="reference",
        most=0.0,
    )
    last = len(snapshots) - 1
    shown = sorted({round(last * k / (SHOWN - 1)) for k in range(SHOWN)})
    return found | _profiles([snapshots[i] for i in shown], [run.snapshots[i] for i in shown])


def _numbers(p: Tensor, q: Tensor, logits: Tensor) -> list[float]:
    return [jensen_shannon(p, q).item(), game_value(p, q, logits).item(), optimum(p, q).item()]


def _distributions(
    run: Run, edges: np.ndarray | None = None
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """p_data, p_g and D's logits in the bins, of each replica: shape (X,) in float64.

    edges: of the bins; by default they span what each replica needs.
    """
    made = _generated(run, Z).numpy()
    mean, reach = run.dataset.means.item(), 8 * run.dataset.scale
    bins = [
        np.linspace(min(x.min(), mean - reach), max(x.max(), mean + reach), BINS + 1)
        if edges is None
        else edges
        for x in made
    ]
    centres = torch.from_numpy(np.array([(e[1:] + e[:-1]) / 2 for e in bins]))
    logits = run.ensemble.each(
        lambda net, x: run.model.logits(in_double(net), x[:, None]), centres
    )
    for x, e, at, a in zip(made, bins, centres, logits, strict=True):
        p = np.exp(run.dataset.log_density(at[:, None].numpy())) * np.diff(e)
        q = pushforward(e, x, ndtr(Z.numpy()))
        yield torch.from_numpy(p), torch.from_numpy(q), a


def _generated(run: Run, z: Tensor) -> Tensor:
    """G(z) at the same latents for every replica, (R, N) in float64."""
    noise = {"z": z[:, None]}
    made: Tensor = run.ensemble.each(lambda net: run.model.sample(in_double(net), noise)[:, 0])
    return made


def _profiles(snapshots: list[Run], rounds: list[int]) -> dict[str, Profile]:
    """The paper's figure 1, and where G contracts and expands, of the first replica."""
    data, z = snapshots[0].dataset, torch.linspace(-4, 4, DRAWN, dtype=torch.float64)
    edges = data.means.item() + data.scale * np.linspace(-4, 4, DRAWN + 1)
    densities, maps = [_densities(snapshot, edges) for snapshot in snapshots], []
    for snapshot in snapshots:
        x = _generated(snapshot, z)[0]
        maps.append({"G(z)": x, "log gradient": torch.gradient(x, spacing=(z,))[0].abs().log()})
    return {
        "densities": Profile(
            title="data, samples and the discriminator",
            unit="x, data units",
            x=((edges[1:] + edges[:-1]) / 2).tolist(),
            lines={name: [d[name].tolist() for d in densities] for name in densities[0]},
            rounds=rounds,
        ),
        "map": Profile(
            title="the generator's map, and the log of how far it spreads what is near",
            unit="z, latent units",
            x=z.tolist(),
            lines={name: [m[name].tolist() for m in maps] for name in maps[0]},
            rounds=rounds,
        ),
    }


def _densities(run: Run, edges: np.ndarray) -> dict[str, Tensor]:
    """The drawn functions at one snapshot, by name, each of shape (X,)."""
    p, q, logits = next(_distributions(run, edges))
    width = torch.from_numpy(np.diff(edges))
    return {"p_data": p / width, "p_g": q / width, "D": logits.sigmoid()}
