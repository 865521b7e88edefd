"""The Frechet distance of generated from real images, and the classifier's confidence in them.

    d^2 = |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2)

Dowson & Landau, "The Frechet distance between multivariate normal distributions" (1982);
Heusel et al., "GANs Trained by a Two Time-Scale Update Rule" (2017), equation 6, in the features
of a classifier. The features here are the evaluation classifier's logits, averaged over its
replicas, minus their mean over classes, to which a softmax is invariant. They are few, so that a
covariance can be estimated from some hundred real images, and they do not depend on the choice of
one classifier. Samples that are no images are their own features. The reference value is the
distance of as many validation images, which neither the model nor the classifier has seen.

A model with codes is measured twice: by its own samples, and by those decoded from a Gaussian that
is fitted to the codes of the training images.
"""

import torch
from torch import Tensor

from pipeline.engine.randomness import Normal
from pipeline.metrics import Found, Measured, Run
from pipeline.models import roles

NEEDS = (roles.Sampler,)
CLASSIFIER = "images"
NEEDS_EXAMPLES = {"test": 2, "validation": 2}
VALUES = ("confidence", "confidence_fitted", "distance", "distance_fitted")


def frechet_distance(x: Tensor, y: Tensor) -> Tensor:
    """d^2 between the Gaussians with the samples' means and covariances (divided by n - 1).

    x, y: samples, shape (n, d) and (m, d), at least two rows each.
    Returns shape (), at least 0 up to rounding.
    """
    (a, b), apart = (_factor(x), _factor(y)), x.mean(0) - y.mean(0)
    # With A'A = S1 and B'B = S2, the trace of the root is the sum of the singular values of A B':
    # no matrix root is computed, and a singular covariance is no special case.
    # What is not finite, for which it is not defined, makes the whole not finite anyway.
    shared: Tensor = torch.linalg.svdvals((a @ b.T).nan_to_num()).sum()
    return apart.square().sum() + a.square().sum() + b.square().sum() - 2 * shared


def _factor(x: Tensor) -> Tensor:
    factor: Tensor = torch.linalg.qr((x - x.mean(0)) / (len(x) - 1) ** 0.5, mode="r")[1]
    return factor


def measure(run: Run) -> Found:
    real, fresh = run.test["x"], run.validation["x"]
    made = {"": ("samples", run.sample(len(fresh)))}
    if isinstance(run.model, roles.Autoencoder):
        made["_fitted"] = ("samples of codes' Gaussian", _fitted(run, len(fresh)))
    images = run.dataset.levels is not None

    def confidence(x: Tensor) -> float:
        return run.class_log_probabilities(x).exp().amax(-1).mean().item()

    seen = run.features(real)
    floor = frechet_distance(seen, run.features(fresh)).item()
    found = {}
    for suffix, (title, samples) in made.items():
        found[f"distance{suffix}"] = Measured(
            title=f"Fréchet distance of {title}",
            unit="squared logits of the evaluation classifier" if images else "squared data units",
            values=[frechet_distance(seen, run.features(x)).item() for x in samples],
            reference=floor,
            reference_is="as many validation images",
            better="lower",
            least=0.0,
        )
        if images:
            found[f"confidence{suffix}"] = Measured(
                title=f"the evaluation classifier's confidence in {title}",
                unit="mean probability of the likeliest class",
                values=[confidence(x) for x in samples],
                reference=confidence(real),
                reference_is="test images",
                better="reference",
                least=0.0,
                most=1.0,
            )
    return found


def _fitted(run: Run, count: int) -> Tensor:
    """Decoded draws from the Gaussian fitted to each replica's codes of training images."""
    codes = run.ensemble.each(run.model.code, x=run.train["x"])
    mean = codes.mean(1, keepdim=True)
    spread = torch.linalg.qr((codes - mean) / (codes.shape[1] - 1) ** 0.5, mode="r")[1]
    distribution = {"e": Normal((spread.shape[-2],))}  # fewer where images are fewer than latents
    noise = run.ensemble.noise(distribution, (count,), "evaluate/fitted")["e"]
    made: Tensor = run.ensemble.each(run.model.decode, mean + noise @ spread)
    return made
