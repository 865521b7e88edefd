"""The mutual information gap: whether each factor of the images has a latent of its own.

    I(z_j; v_k) = sum p(b, v) log( p(b, v) / (p(b) p(v)) ),    b: the bin of z_j
    MIG = 1/K sum_k [ I(z_j(k); v_k) - max_{j != j(k)} I(z_j; v_k) ] / H(v_k)
    j(k) = argmax_j I(z_j; v_k)

Chen, Li, Grosse & Duvenaud, "Isolating Sources of Disentanglement in Variational Autoencoders"
(2018), equation 6. MIG is 1 where each factor determines one latent and is independent of all
others, and 0 where the two most informative latents are equally so. As in the paper, latents are
drawn from q(z | x), so that a collapsed latent is noise without information. Departure: latents
are counted in 20 bins of equal width (Locatello et al., "Challenging Common Assumptions in the
Unsupervised Learning of Disentangled Representations", 2019, appendix C), while the paper
integrates.

A rotation of the latents leaves N(0, I) unchanged, and also p(x) if the decoder undoes it. So each
code is also measured after a random rotation: the difference is due to the axes.
"""

from typing import Any

import torch
from torch import Tensor

from pipeline.engine.ensemble import Nets, Noise
from pipeline.engine.randomness import Normal, draw
from pipeline.metrics import FROZEN_SEED, Found, Histogram, Measured, Run, frozen
from pipeline.models import roles

NEEDS = (roles.GaussianPosterior,)
NEEDS_DATA = ("factors", "factor_names", "factor_values")
VALUES = ("best_latent", "mig", "mig_rotated")
BINS = 20
NEEDS_EXAMPLES = {"test": BINS}


def binned(codes: Tensor, bins: int) -> Tensor:
    """The bin of each code, among `bins` equal ones over its latent's range; 0 for a constant.

    codes: shape (N, L). bins: their number.
    Returns shape (N, L), int64.
    """
    low, high = codes.amin(0), codes.amax(0)
    width = torch.where(high > low, high - low, 1.0)
    return (bins * ((codes - low) / width)).long().clamp(max=bins - 1)


def information(codes: Tensor, factors: Tensor, bins: int, values: int) -> Tensor:
    """I(z_j; v_k) of each binned latent with each factor, in nats.

    codes: shape (N, L). factors: integers 0 ... values - 1, shape (N, K).
    bins: per latent. values: the largest number of values of a factor.
    Returns shape (L, K), float64.
    """
    b, v = _shares(binned(codes, bins), bins), _shares(factors, values)
    joint = torch.einsum("nlb,nkv->lkbv", b, v) / len(codes)
    entr = torch.special.entr
    apart: Tensor = entr(joint.sum(3)).sum(2) + entr(joint.sum(2)).sum(2)
    together: Tensor = entr(joint)
    return apart - together.sum((2, 3))  # H(z_j) + H(v_k) - H(z_j, v_k)


def entropies(factors: Tensor, values: int) -> Tensor:
    """H(v_k) of each factor, in nats.

    factors: integers 0 ... values - 1, shape (N, K). values: the largest number of them.
    Returns shape (K,), float64.
    """
    terms: Tensor = torch.special.entr(_shares(factors, values).mean(0))
    return terms.sum(1)


def mig(information: Tensor, entropies: Tensor) -> Tensor:
    """MIG: the gap between the two most informative latents over the entropy, averaged.

    information: I(z_j; v_k) in nats, shape (L, K). entropies: H(v_k) in nats, shape (K,).
    Returns shape ().
    """
    # A latent without information is appended, for a code that has only one.
    known = torch.cat([information, torch.zeros_like(information[:1])])
    first, second = known.topk(2, dim=0).values
    gaps: Tensor = (first - second) / entropies
    return gaps.mean()


def _shares(index: Tensor, size: int) -> Tensor:
    """Each index as a one-hot row, shape (..., size)."""
    return (index[..., None] == torch.arange(size, device=index.device)).double()


def measure(run: Run) -> Found:
    model, x = run.model, run.test["x"]
    factors = torch.from_numpy(run.dataset.factors(run.test["label"].numpy()))
    values = max(run.dataset.factor_values)
    seen = frozen(model, x)
    noise = run.ensemble.noise(model.posterior(), (len(x),), "evaluate")

    def drawn(net: Nets, noise: Noise) -> Any:
        mean, log_variance = model.encode(net, model.observed(x, seen))
        return mean + (log_variance / 2).exp() * noise["e"]

    codes = run.ensemble.each(drawn, noise)
    latent = codes.shape[-1]
    distributions = {"turn": Normal((latent, latent))}
    turn = run.ensemble.noise(distributions, (1,), "disentanglement")["turn"][:, 0]
    turned = codes @ torch.linalg.qr(turn).Q
    nothing = draw(Normal((latent,)), (1, len(x)), FROZEN_SEED, "disentanglement", 0, x.device)
    entropy = entropies(factors, values)

    def score(codes: Tensor) -> tuple[list[float], Tensor]:
        known = torch.vmap(lambda own: information(own, factors, BINS, values))(codes)
        gaps: Tensor = torch.vmap(mig, (0, None))(known, entropy)
        return gaps.tolist(), known.amax(1) / entropy

    gap, best = score(codes)
    (floor,), _ = score(nothing)
    (ceiling,), itself = score(factors[None].float())
    perfect = "the factors themselves as code"
    return {
        "mig": Measured(
            title="mutual information gap",
            unit="share of a factor",
            values=gap,
            reference=ceiling,
            reference_is=f"{perfect}; latents that are noise: {floor:.1g}",
            better="higher",
            least=0.0,
            most=1.0,
        ),
        "mig_rotated": Measured(
            title="the same of codes turned at random",
            unit="share of a factor",
            values=score(turned)[0],
            reference=floor,
            reference_is="latents that are noise",
            better="reference",
            least=0.0,
            most=1.0,
        ),
        "best_latent": Measured(
            title="known to the one best latent",
            unit="share of a factor",
            values=best.mean(1).tolist(),
            reference=itself.mean().item(),
            reference_is=perfect,
            better="higher",
            least=0.0,
            most=1.0,
        ),
        "by_factor": Histogram(
            title="information of the best latent over the factor's entropy",
            labels=list(run.dataset.factor_names),
            values=best.tolist(),
            reference=itself[0].tolist(),
            reference_is=perfect,
        ),
    }
