"""The oracle: what the study's numbers should be, from the definitions, in float64 NumPy.

    objectives/, metrics/    twins of the pipeline's files, same names
    theory/                  what no training code has: optima, bounds, exact models
    nn/                      a small network with its gradients by hand, and whole training steps

REGISTRY finds every public function by its name, `from reference import jsd` too. Names that
several files share are found as "file.function", such as "minimax.generator_loss".
"""

from reference import normal, primitives, quadrature
from reference.errors import DomainError, ShapeError
from reference.metrics import (
    accuracy,
    arrival,
    best_of,
    bits_per_dim,
    conditional_accuracy,
    coverage,
    denoiser,
    die,
    disentanglement,
    early_speed,
    elbo,
    frechet,
    generator_gradient,
    histogram,
    interpolation,
    kid,
    kl_error,
    loss_rank,
    memorisation,
    mmd,
    motion,
    nll,
    pair_modes,
    prdc,
    probe,
    rate,
    reconstruction,
    settling,
    sharpness,
    spiral,
    subspace,
    truncation,
    value,
    wasserstein,
)
from reference.metrics import parzen as parzen_window
from reference.nn import convolution, layers, network, optimizers, training
from reference.objectives import (
    bernoulli,
    change_of_variables,
    cross_entropy,
    dequantisation,
    diffusion_process,
    discretised_gaussian,
    gaussian,
    gaussian_kl,
    gradient_penalty,
    hinge,
    importance_weighted,
    least_squares,
    minimax,
    mixture_prior,
    noise_prediction,
    non_saturating,
    relativistic,
    squared_error,
)
from reference.objectives import wasserstein as critic_game
from reference.theory import (
    diagnostics,
    dice,
    diffusion,
    diffusion_bound,
    dirac_gan,
    divergences,
    f_divergence,
    flows,
    games,
    kl,
    latent,
    likelihood,
    linear_gaussian,
    losses,
    mixture,
    optimal_critics,
    optimal_discriminator,
    parzen,
    sample_mean,
    simplex,
    tables,
    transport,
    value_function,
)

_TWINS = (
    *(arrival, early_speed, generator_gradient, loss_rank, motion, settling, truncation),
    *(least_squares, critic_game, hinge, relativistic, gradient_penalty),
    *(change_of_variables, dequantisation, diffusion_process, discretised_gaussian),
    *(noise_prediction, best_of, bits_per_dim, denoiser, die),
    *(kid, memorisation, conditional_accuracy, pair_modes, parzen_window),
    *(importance_weighted, kl_error, mixture_prior, nll, rate),
    *(bernoulli, cross_entropy, gaussian, gaussian_kl, minimax, non_saturating),
    *(squared_error, disentanglement, interpolation, probe, reconstruction, sharpness, subspace),
    *(accuracy, coverage, elbo, frechet, histogram, mmd, prdc, spiral, value, wasserstein),
)
_THEORY = (
    *(primitives, normal, quadrature, kl, divergences, f_divergence, transport),
    *(optimal_discriminator, value_function, optimal_critics, losses, simplex, games, dirac_gan),
    *(likelihood, parzen, linear_gaussian, latent, mixture, flows, diffusion, diffusion_bound),
    *(dice, sample_mean, tables, diagnostics),
    *(layers, convolution, network, optimizers, training),
)


def _public(module):
    """The functions that a module defines for others."""
    return {
        key: item
        for key, item in vars(module).items()
        if callable(item) and key[0] != "_" and item.__module__ == module.__name__
    }


def _registry():
    """Every function by "file.function", and by its own name where no other file has it."""
    found: dict = {}
    owners: dict = {}
    for module in (*_TWINS, *_THEORY):
        for key, item in _public(module).items():
            found[f"{module.__name__.rpartition('.')[2]}.{key}"] = item
            owners.setdefault(key, []).append(item)
    # A primitive is the function; a layer of the same name is that function in a network.
    single = {key: items[0] for key, items in owners.items() if len(items) == 1}
    single |= {key: item for key, item in _public(primitives).items() if key in owners}
    return found | single


REGISTRY = _registry()
__all__ = ["REGISTRY", "DomainError", "ShapeError"]
# Where a file is named after its function, `reference.name` is the function.
globals().update({key: item for key, item in REGISTRY.items() if "." not in key})
