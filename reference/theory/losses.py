"""Every adversarial game of `objectives`, by name: its losses, their parts, and their gradients.

    kind             file            the discriminator's part for r or f is its loss of the pair
                                     whose other logit contributes 0:
    minimax          minimax         r = inf, f = -inf
    non_saturating   non_saturating  the same discriminator
    lsgan            least_squares   r = b, f = a
    wgan             wasserstein     r = f = 0
    hinge            hinge           r = 1, f = -1
    relativistic     relativistic    (a pair has no parts)

The formulas, their sources and the default labels a, b, c = 0, 1, 1 of lsgan are those of the
files. `ns` is short for non_saturating. There are also gradient penalties: Gulrajani et al.
(2017), equation 3; Mescheder et al. (2018), equation 9.
"""

import numpy as np

from reference.arrays import broadcast, chosen, event, number, real, refuse, within
from reference.distance import norm, unit
from reference.errors import ShapeError
from reference.objectives import (
    hinge,
    least_squares,
    minimax,
    non_saturating,
    relativistic,
    wasserstein,
)
from reference.primitives import sigmoid

MAKERS = {
    "minimax": minimax,
    "non_saturating": non_saturating,
    "lsgan": least_squares,
    "wgan": wasserstein,
    "hinge": hinge,
    "relativistic": relativistic,
}
JUDGES = MAKERS | {"non_saturating": minimax}
NOTHING = {
    "minimax": np.inf,
    "non_saturating": np.inf,
    "wgan": 0.0,
    "hinge": 1.0,
}  # costs of r, -f
KINDS = tuple(MAKERS)
ROLES = ("real", "fake", "generator")
REDUCTIONS = ("none", "mean", "sum")


def _kind(kind):
    return chosen("kind", "non_saturating" if kind == "ns" else kind, KINDS)


def _labels(kind, a, b, c):
    """Arguments of the discriminator's and of the generator's loss."""
    return ({"a": a, "b": b}, {"c": c}) if kind == "lsgan" else ({}, {})


def _pair(logits, kind, role, a, b):
    """The logit, paired with one that contributes 0, the real one first."""
    free = np.full_like(logits, a if role == "real" else b)
    if kind != "lsgan":
        free = np.full_like(logits, -NOTHING[kind] if role == "real" else NOTHING[kind])
    return (logits, free) if role == "real" else (free, logits)


@np.errstate(all="ignore")
def loss_parts(logits, kind, role, a=0.0, b=1.0, c=1.0):
    """One example's part of a loss, from its own logit; undefined for the relativistic pair.

    logits: a, any shape. kind: a row of the module's table. role: real and fake are the
    discriminator's parts, generator is the generator's. a, b, c: labels of lsgan.
    Returns the shape of logits.

    >>> float(loss_parts(3.0, "hinge", "fake"))
    4.0
    """
    logits = real("logits", logits, infinite=True)
    kind, role = _kind(kind), chosen("role", role, ROLES)
    if kind == "relativistic":
        raise ValueError("kind relativistic has no part of one logit alone: use gan_losses")
    judge, maker = _labels(kind, a, b, c)
    if role == "generator":
        return MAKERS[kind].generator_loss(logits, **maker)
    return JUDGES[kind].discriminator_loss(*_pair(logits, kind, role, a, b), **judge)


@np.errstate(all="ignore")
def gan_losses(l_real, l_fake, kind, reduction="mean", a=0.0, b=1.0, c=1.0):
    """The discriminator's and the generator's loss of paired examples.

    l_real, l_fake: logits r and f, of equal shapes or one of them a number. kind: a row of the
    table. reduction: none, mean or sum over the examples. a, b, c: labels of lsgan.
    Returns (discriminator loss, generator loss).

    >>> [float(x) for x in gan_losses([2.0], [-3.0], "wgan")]
    [-5.0, 3.0]
    """
    r, f = broadcast(l_real=real("l_real", l_real, True), l_fake=real("l_fake", l_fake, True))
    kind, _ = _kind(kind), chosen("reduction", reduction, REDUCTIONS)
    if kind in ("wgan", "relativistic"):
        refuse("l_fake", f, np.isinf(r) & (r == f), "finite where l_real is infinite")
    judge, maker = _labels(kind, a, b, c)
    if reduction == "mean" and r.size == 0:
        raise ShapeError(f"l_real and l_fake must not be empty: shape {r.shape}")
    seen = (r, f) if kind == "relativistic" else (f,)
    both = (
        JUDGES[kind].discriminator_loss(r, f, **judge),
        MAKERS[kind].generator_loss(*seen, **maker),
    )
    return both if reduction == "none" else tuple(getattr(np, reduction)(loss) for loss in both)


@np.errstate(all="ignore")
def grad_wrt_logit(logits, kind, role, a=0.0, b=1.0, c=1.0):
    """Gradient of one example's part of a loss in its own logit; 0 at the kink of the hinge.

    logits: a, any shape; for the relativistic pair r - f in roles real and fake, whose gradients
    are those in r and in f, and f - r in role generator.
    Returns the shape of logits.

    >>> float(grad_wrt_logit(0.0, "minimax", "generator"))
    -0.5
    """
    logits = real("logits", logits, infinite=True)
    kind, role = _kind(kind), chosen("role", role, ROLES)
    judge, maker = _labels(kind, a, b, c)
    if kind == "relativistic":
        zero = np.zeros_like(logits)
        gradients = relativistic.discriminator_loss_gradients(logits, zero)
        return gradients[1] if role == "fake" else gradients[0]
    if role == "generator":
        return MAKERS[kind].generator_loss_gradient(logits, **maker)
    pair = _pair(logits, kind, role, a, b)
    return JUDGES[kind].discriminator_loss_gradients(*pair, **judge)[role == "fake"]


@np.errstate(all="ignore")
def grad_wrt_D(D, kind, role):
    """Gradient of one example's part of a logarithmic loss in the probability D itself.

    D: in [0, 1], any shape. kind: minimax or non_saturating. role: as above.
    Returns the shape of D; for the minimax generator -1/(1-D), which at D = 0 is -1, not 0.

    >>> float(grad_wrt_D(0.0, "minimax", "generator"))
    -1.0
    """
    D = within("D", D, 0, 1)
    kind = chosen("kind", _kind(kind), KINDS[:2])
    role = chosen("role", role, ROLES)
    if role == "fake":
        return 1 / (1 - D)
    if role == "generator" and kind == "minimax":
        return -1 / (1 - D)
    return -1 / D


@np.errstate(all="ignore")
def bce_prob_torch_model(logits, eps=None):
    """-log D computed from the probability D = s(a) instead of the logit, and its gradient.

    eps None: Torch's BCELoss on a sigmoid, which clips -log at 100 and divides its gradient by
    max(D (1 - D), 1e-12). Otherwise -log(D + eps). Both are inaccurate on purpose, to show the
    trap: the gradient should be -s(-a) everywhere.

    logits: a, any shape.
    Returns (loss, gradient), each the shape of logits.

    >>> round(float(bce_prob_torch_model(-30.0)[1]), 3)
    -0.094
    """
    logits = real("logits", logits)
    D, rest = sigmoid(logits), sigmoid(-logits)
    if eps is None:
        gradient = -rest * (D * rest) / np.maximum(D * rest, 1e-12)
        return np.minimum(-np.log(D), 100.0), gradient
    eps = number("eps", eps)
    refuse("eps", eps, eps <= 0, "above 0")
    return -np.log(D + eps), -rest * (D / (D + eps))


def _filled(gradients):
    gradients = event("gradients", real("gradients", gradients))
    if gradients.size == 0:
        raise ShapeError(f"gradients must not be empty: shape {gradients.shape}")
    return gradients


def _norms(gradients):
    gradients = _filled(gradients)
    return gradients, norm(gradients)[..., None]


@np.errstate(all="ignore")
def gradient_penalty(gradients, weight=10.0):
    """lambda mean_i (|g_i| - 1)^2 of the critic's gradients at B points.

    gradients: g, shape (B, d). weight: lambda.
    Returns one number. Gulrajani et al., "Improved Training of Wasserstein GANs" (2017), eq. 3.

    >>> float(gradient_penalty([[3.0, 4.0]], 1.0))
    16.0
    """
    _, length = _norms(gradients)
    return number("weight", weight) * ((length[..., 0] - 1) ** 2).mean()


@np.errstate(all="ignore")
def gradient_penalty_gradient(gradients, weight=10.0):
    """Gradient of the gradient penalty in each component of each gradient; 0 where g is 0.

    gradients: g, shape (B, d). weight: lambda.
    Returns shape (B, d).

    >>> gradient_penalty_gradient([[3.0, 4.0], [0.0, 0.0]], 5.0).tolist()
    [[12.0, 16.0], [0.0, 0.0]]
    """
    g, length = _norms(gradients)
    return 2 * number("weight", weight) * (length - 1) * unit(g) / length.size + 0.0


@np.errstate(all="ignore")
def r1_penalty(gradients, gamma=10.0):
    """gamma / 2 mean_i |g_i|^2 of the discriminator's gradients at B real examples.

    gradients: g, shape (B, d). gamma: the weight.
    Returns one number. Mescheder et al. (2018), equation 9.

    >>> float(r1_penalty([[3.0, 4.0]], 2.0))
    25.0
    """
    g = _filled(gradients)
    return number("gamma", gamma) / 2 * (g**2).sum(-1).mean()


@np.errstate(all="ignore")
def r1_penalty_gradient(gradients, gamma=10.0):
    """Gradient of the R1 penalty in each component of each gradient, gamma g / B.

    gradients: g, shape (B, d). gamma: the weight.
    Returns shape (B, d).

    >>> r1_penalty_gradient([[3.0], [1.0]], 2.0).tolist()
    [[3.0], [1.0]]
    """
    g = _filled(gradients)
    return number("gamma", gamma) * g / (g.size // g.shape[-1])
