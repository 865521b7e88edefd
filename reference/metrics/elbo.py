"""The evidence lower bound of a variational autoencoder.

    ELBO = E_q[ log p(x | z) ] - KL( q(z | x) || p(z) ) <= log p(x)

Kingma & Welling, "Auto-Encoding Variational Bayes" (2014), equation 3.
"""

from reference.arrays import equal_shapes, event, real


def elbo(reconstruction, kl):
    """The mean of the bound over the examples, in nats: minus the model's loss.

    reconstruction: -log p(x | z) of each example, shape (B,).
    kl: KL( q(z | x) || p(z) ) of each example, shape (B,).
    Returns one number.

    >>> float(elbo([80.0, 90.0], [5.0, 5.0]))
    -90.0
    """
    reconstruction, kl = equal_shapes(
        reconstruction=real("reconstruction", reconstruction), kl=real("kl", kl)
    )
    return -(event("reconstruction", reconstruction) + kl).mean(-1)


def shortfall(log_density, reconstruction, kl):
    """E log p(x) - ELBO, in nats.

    log_density: log p(x) of each example under the true distribution, shape (B,).
    reconstruction, kl: as above, shape (B,).
    Returns one number.

    >>> float(shortfall([-80.0, -90.0], [80.0, 90.0], [5.0, 5.0]))
    5.0
    """
    log_density = event("log_density", real("log_density", log_density))
    equal_shapes(log_density=log_density, kl=real("kl", kl))
    return log_density.mean(-1) - elbo(reconstruction, kl)
