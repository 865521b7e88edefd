"""The evidence lower bound of test images.

    log p(x)  >=  ELBO(x) = -[ reconstruction(x) + kl(x) ]
    reconstruction = E_{q(z|x)}[ -log p(x | z) ],    kl = KL( q(z|x) || p(z) )

Kingma & Welling, "Auto-Encoding Variational Bayes" (2014), equation 3. The expectation is the mean
of DRAWS draws of z per image. A Bernoulli likelihood needs binary images: the grey test images are
binarised once, from stream "frozen" of seed 0, the same for every run and replica. Where the data
have a known density, the reference value is the mean of log p(x) over the same test data. The
difference is the KL from the posterior plus the error of the model's likelihood (equation 1), and
the sampling error of the test data cancels.
"""

import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run, bound, frozen
from pipeline.models import roles

NEEDS = (roles.LatentVariable,)
VALUES = ("bound", "kl", "reconstruction", "shortfall")
DRAWS = 32


def elbo(reconstruction: Tensor, kl: Tensor) -> Tensor:
    """The bound averaged over images, in nats per image: larger is better.

    reconstruction: -log p(x | z) of each image, shape (N,). kl: of each image, shape (N,).
    Returns shape ().
    """
    return -(reconstruction + kl).mean()


def shortfall(log_density: Tensor, reconstruction: Tensor, kl: Tensor) -> Tensor:
    """The mean of log p(x) minus the bound, in nats per example.

    log_density: log p(x) of each example under the true distribution, shape (N,).
    reconstruction, kl: as above, shape (N,) each.
    Returns shape (): at least 0 in expectation, 0 for the true model with its own posterior.
    """
    return (log_density + reconstruction + kl).mean()


def measure(run: Run) -> Found:
    model, x = run.model, run.test["x"]
    seen = frozen(model, x)
    terms = bound(run, DRAWS)
    reconstruction, kl = terms["reconstruction"].mean(0), terms["kl"].mean(0)
    blind = model.reconstruction(model.observed(x, seen), model.blind(run.train["x"]))
    ignoring = "a decoder that ignores z: pixel means"
    found = {
        "bound": Measured(
            title="test ELBO",
            unit="nats per image",
            values=torch.vmap(elbo)(reconstruction, kl).tolist(),
            reference=elbo(blind, torch.zeros_like(blind)).item(),
            reference_is=ignoring,
            better="higher",
        ),
        "reconstruction": Measured(
            title="reconstruction, -log p(x | z)",
            unit="nats per image",
            values=reconstruction.mean(1).tolist(),
            reference=blind.mean().item(),
            reference_is=ignoring,
            better="lower",
        ),
        "kl": Measured(
            title="KL( q(z|x) || p(z) )",
            unit="nats per image",
            values=kl.mean(1).tolist(),
            reference=0.0,
            reference_is="an encoder that ignores x",
            better="reference",
            least=0.0,
        ),
    }
    if seen or not hasattr(run.dataset, "log_density"):
        return found
    log_density = torch.from_numpy(run.dataset.log_density(x.cpu().numpy())).to(x)
    values = torch.vmap(shortfall, in_dims=(None, 0, 0))(log_density, reconstruction, kl)
    found["shortfall"] = Measured(
        title="E log p(x) - ELBO",
        unit="nats per example",
        values=values.tolist(),
        reference=0.0,
        reference_is="the true model, with its own posterior",
        better="reference",
    )
    return found
