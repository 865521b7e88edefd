"""Whether the map from a latent to a class settles.

    flips = #{ i : class before != class after } / n

for samples of the same latents at two snapshots of a training.
"""

from reference.theory import diagnostics


def flip_rate(before, after):
    """The fraction of fixed latents whose class has changed between two snapshots.

    before, after: classes, shape (n,).
    Returns a number in [0, 1].

    >>> float(flip_rate([0, 1, 1, 2], [0, 1, 2, 2]))
    0.25
    """
    return diagnostics.flip_rate(before, after)
