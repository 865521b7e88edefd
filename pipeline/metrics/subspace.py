"""The principal angles between a model's reconstructions and the principal axes of the data.

    cov v_i = l_i v_i,    cos a_i = singular values of Q_A' Q_B

A linear autoencoder with minimal squared error spans the first k principal axes: Baldi & Hornik,
"Neural Networks and Principal Component Analysis" (1989), theorem. Its reconstructions of the
training images lie in the span of its decoder, so their first k principal axes are that span. For
a nonlinear network they are the linear space that fits its reconstructions best. Angles: Bjorck &
Golub, "Numerical methods for computing angles between linear subspaces" (1973).
"""

import math

import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run
from pipeline.models import roles

NEEDS = (roles.Autoencoder,)
VALUES = ("angle_to_pca",)


def principal_axes(x: Tensor, k: int) -> Tensor:
    """The first k principal axes: orthogonal unit vectors, each up to its sign.

    x: samples, shape (n, d). k: in 1 ... d.
    Returns shape (d, k).
    """
    wide = len(x) < x.shape[1]
    axes: Tensor = torch.linalg.svd(x - x.mean(0), full_matrices=wide)[2]
    return axes[:k].T


def principal_angles(A: Tensor, B: Tensor) -> Tensor:
    """The principal angles between the spans of two sets of columns, in radians, increasing.

    A, B: shape (d, k) and (d, m), k at least m.
    Returns shape (m,), in [0, pi/2].
    """
    qa, qb = torch.linalg.qr(A)[0], torch.linalg.qr(B)[0]
    inside = qa.T @ qb
    # The cosine is inaccurate for small angles, the sine for angles near pi/2.
    sines = torch.linalg.svdvals(qb - qa @ inside).flip(0)
    return torch.atan2(sines[: len(inside.T)], torch.linalg.svdvals(inside))


def principal_reconstruction(train: Tensor, x: Tensor, k: int) -> Tensor:
    """PCA: the projection of x on the first k axes through the training mean.

    train: the examples that the axes are fitted to, shape (n, d). x: shape (N, d). k: in 1 ... d.
    Returns shape (N, d); for x = train, the best reconstruction by a linear map of rank k.
    """
    axes, mean = principal_axes(train, k), train.mean(0)
    return mean + (x - mean) @ axes @ axes.T


def measure(run: Run) -> Found:
    x = run.train["x"]
    k = run.ensemble.each(run.model.code, x=x[:1]).shape[-1]
    axes = principal_axes(x.double(), k)
    made = run.ensemble.each(run.model.reconstruct, x=x).double()
    angles = [
        principal_angles(axes, principal_axes(y, k)).max()
        if y.isfinite().all()  # singular vectors of anything else are not defined
        else y.new_tensor(math.nan)
        for y in made
    ]
    return {
        "angle_to_pca": Measured(
            title="largest angle to PCA's axes",
            unit="degrees",
            values=[angle.rad2deg().item() for angle in angles],
            reference=0.0,
            reference_is=f"PCA of rank {k}",
            better="lower",
            least=0.0,
            most=90.0,
        )
    }
