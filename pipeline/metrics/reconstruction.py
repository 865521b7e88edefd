"""The error of a reconstruction, as squared error and as cross-entropy.

    squared error    mean over images of |x - y|^2
    cross-entropy    mean over images of -sum_i [ p_i log q_i + (1 - p_i) log(1 - q_i) ]

p and q are intensities, (x + 1) / 2 and (y + 1) / 2; q is kept half a grey level away from 0 and
1, the precision of a pixel. The control of the squared error is PCA with as many axes, by Eckart &
Young (1936) the best linear map for the images that it was fitted to. The lower bound on the
cross-entropy is the entropy of the pixels, Shannon (1948).
"""

import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run
from pipeline.metrics.subspace import principal_reconstruction
from pipeline.models import roles

NEEDS = (roles.Autoencoder,)
VALUES = ("cross_entropy", "over_pca", "squared_error")


def squared_error(x: Tensor, y: Tensor) -> Tensor:
    """Mean over images of |x - y|^2, in squared units of x.

    x, y: images and reconstructions, shape (N, features).
    Returns shape ().
    """
    return (x - y).square().sum(-1).mean()


def cross_entropy(p: Tensor, q: Tensor) -> Tensor:
    """Mean over images of the cross-entropy of pixels p under pixels q, in nats.

    p, q: intensities in [0, 1], shape (N, features).
    Returns shape (), infinite where q is 0 or 1 and p differs.
    """
    terms: Tensor = torch.xlogy(p, q) + torch.special.xlog1py(1 - p, -q)
    return -terms.sum(-1).mean()


def measure(run: Run) -> Found:
    x = run.test["x"]
    k = run.ensemble.each(run.model.code, x=x[:1]).shape[-1]
    made = run.ensemble.each(run.model.reconstruct, x=x).double()
    x, train = x.double(), run.train["x"].double()
    pca = squared_error(x, principal_reconstruction(train, x, k)).item()
    blind = squared_error(x, train.mean(0).expand_as(x)).item()
    errors = [squared_error(x, y).item() for y in made]
    found = {
        "squared_error": Measured(
            title="test reconstruction error",
            unit="squared units per image",
            values=errors,
            reference=pca,
            reference_is=f"PCA of rank {k}; pixel means alone: {blind:.4g}",
            better="lower",
            least=0.0,
        ),
    }
    if k < x.shape[-1]:  # of full rank PCA loses nothing, and nothing can be divided by that
        found["over_pca"] = Measured(
            title="test reconstruction error over PCA's",
            unit="ratio",
            values=[error / pca for error in errors],
            reference=1.0,
            reference_is=f"PCA of rank {k}",
            better="lower",
            least=0.0,
        )
    if run.dataset.levels is not None:
        half = 0.5 / run.dataset.levels
        p, q = (x + 1) / 2, ((made + 1) / 2).clamp(half, 1 - half)
        found["cross_entropy"] = Measured(
            title="test cross-entropy of grey pixels",
            unit="nats per image",
            values=[cross_entropy(p, replica).item() for replica in q],
            reference=cross_entropy(p, p).item(),
            reference_is="the pixels' own entropy, the least possible",
            better="lower",
            least=0.0,
        )
    return found
