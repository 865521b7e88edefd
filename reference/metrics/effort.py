"""The multiplications of a round of two players, counted step by step.

    D's step    G forward;  D forward on 2 B examples, back to its weights and through its layers
    G's step    G and D forward;  back through D to its input, and through G to its weights

Each pass through a matrix of W weights takes W multiplications an example. Goodfellow et al.,
"Generative Adversarial Nets" (2014), algorithm 1.
"""

from reference.arrays import count


def round_arithmetic(generator, discriminator, batch, k, generator_steps):
    """Multiplications in the products with all matrices.

    generator, discriminator: weights of each. batch: examples. k, generator_steps: steps a round.
    Returns an integer.

    >>> round_arithmetic(1, 1, 1, 1, 1)
    12
    """
    names = ("generator", "discriminator", "batch", "k", "generator_steps")
    given = (generator, discriminator, batch, k, generator_steps)
    g, d, b, k, steps = (count(name, n) for name, n in zip(names, given, strict=True))
    forward_of_g = b * g
    judging = 2 * b * (d + d + d)  # forward, gradient in the inputs, gradient in the weights
    making = forward_of_g + b * d + b * d + 2 * b * g
    return k * (forward_of_g + judging) + steps * making
