"""A mixture of isotropic Gaussians of equal weight and width: the density of toy data sets.

    p(x) = 1/K sum_k N(x; m_k, s^2 I)

Every sample comes with its mode, and log p is exact, so that a model of these data can be compared
with the true distribution instead of another sample.
"""

import numpy as np

SPLITS = ("train", "validation", "test")


def log_density(x: np.ndarray, means: np.ndarray, scale: float) -> np.ndarray:
    """log p(x) of each point, in nats.

    x: points, shape (N, d).
    means: the centres m_k, shape (K, d).
    scale: the width s of every mode, along every axis.
    Returns shape (N,).
    """
    modes, features = means.shape
    squares = (((np.asarray(x, float)[:, None] - means) / scale) ** 2).sum(-1)
    constant = features * (np.log(scale) + np.log(2 * np.pi) / 2) + np.log(modes)
    # logaddexp, not the log of a sum of exponentials: far from every mode the sum underflows to 0.
    return np.logaddexp.reduce(-squares / 2, axis=1) - constant


def sample(
    n: int, rng: np.random.Generator, means: np.ndarray, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """n independent draws from p, and the index k of each draw's mode.

    rng: the random generator.
    means: the centres m_k, shape (K, d).
    scale: the width s.
    Returns shapes (n, d) in float32 and (n,) in int64.
    """
    label = rng.integers(len(means), size=n)
    x = means[label] + scale * rng.standard_normal((n, means.shape[1]))
    return x.astype(np.float32), label


def splits(
    counts: tuple[int, int, int], seed: int, means: np.ndarray, scale: float
) -> dict[str, np.ndarray]:
    """The arrays `<split>_x` and `<split>_label` of three independent samples of p.

    counts: examples of train, validation and test.
    seed: with the split's position it determines the split's stream, so that changing one count
        leaves the other two splits unchanged.
    means, scale: the mixture.
    """
    arrays: dict[str, np.ndarray] = {}
    for place, (split, count) in enumerate(zip(SPLITS, counts, strict=True)):
        stream = np.random.SFC64(np.random.SeedSequence([seed, place]))
        x, label = sample(count, np.random.Generator(stream), means, scale)
        arrays |= {f"{split}_x": x, f"{split}_label": label}
    return arrays
