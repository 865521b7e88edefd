"""The sharpness of images relative to real ones.

    s(x) = var_ij [ 4 x_ij - x_i-1,j - x_i+1,j - x_i,j-1 - x_i,j+1 ]

Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy: a comparative study"
(2000), the variance of the Laplacian, averaged over images and divided by that of the test
images. It is a convex quadratic form of the image, so a mean of images is never sharper than the
images on average: a conditional mean is blurred. Noise is sharp too, so a value above 1 does not
mean high quality.
"""

from typing import Any

from torch import Tensor

from pipeline.metrics import Found, Measured, Run
from pipeline.metrics.subspace import principal_reconstruction
from pipeline.models import roles

NEEDS = (roles.Sampler,)
VALUES = ("reconstructions", "samples")
SAMPLES = 1_000


def sharpness(images: Tensor) -> Tensor:
    """The variance of the Laplacian inside each image, in squared units of a pixel.

    images: shape (..., H, W), H and W at least 3.
    Returns shape (...); 0 for a plane.
    """
    down, across = images.diff(n=2, dim=-2), images.diff(n=2, dim=-1)
    laplacian = down[..., :, 1:-1] + across[..., 1:-1, :]  # up to its sign
    return laplacian.var((-2, -1), correction=0)


def lacks(model: Any, dataset: Any) -> str:
    shape = dataset.shape
    return "" if len(shape) == 2 and min(shape) >= 3 else "images, of 3 x 3 pixels at least"


def measure(run: Run) -> Found:
    x = run.test["x"]

    def sharp(images: Tensor) -> Tensor:
        """Mean sharpness of images (..., N, features), shape (...)."""
        return sharpness(images.double().unflatten(-1, run.dataset.shape)).mean(-1)

    real = "the test images themselves"
    found = {
        "samples": Measured(
            title="sharpness of samples",
            unit="over that of test images",
            values=(sharp(run.sample(SAMPLES)) / sharp(x)).tolist(),
            reference=1.0,
            reference_is=real,
            better="reference",
            least=0.0,
        )
    }
    if isinstance(run.model, roles.Autoencoder):
        k = run.ensemble.each(run.model.code, x=x[:1]).shape[-1]
        made = run.ensemble.each(run.model.reconstruct, x=x)
        train = run.train["x"].double()
        pca = sharp(principal_reconstruction(train, x.double(), k)) / sharp(x)
        found["reconstructions"] = Measured(
            title="sharpness of reconstructions",
            unit="over that of the images",
            values=(sharp(made) / sharp(x)).tolist(),
            reference=1.0,
            reference_is=f"{real}; PCA of rank {k}: {pca:.3f}",
            better="reference",
            least=0.0,
        )
    return found
