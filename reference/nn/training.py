"""Whole training steps of a GAN and of a VAE, every gradient written out.

    for each round:                                         Algorithm 1
        k times: ascend V in the discriminator on fresh x and z
        descend the generator's loss on fresh z, the discriminator held fixed

Goodfellow et al., "Generative Adversarial Nets" (2014), algorithm 1; Kingma & Welling (2014),
algorithm 1, with one draw per example. Data and noise are arguments, so that any other
implementation can be run on the same ones and compared parameter by parameter.
"""

import numpy as np

from reference.arrays import chosen, count, dimensions, event, number, real, refuse, within
from reference.errors import DomainError, ShapeError
from reference.nn.network import backward, forward
from reference.nn.optimizers import descend
from reference.objectives import bernoulli, gaussian, gaussian_kl, minimax, non_saturating

GENERATOR = {
    "minimax": (minimax.generator_loss, minimax.generator_loss_gradient),
    "non_saturating": (non_saturating.generator_loss, non_saturating.generator_loss_gradient),
}


def _rows(**batches):
    """Batches of as many rows each."""
    read = [dimensions(name, real(name, b), 2) for name, b in batches.items()]
    if len({len(b) for b in read}) > 1:
        shapes = ", ".join(f"{n} {b.shape}" for n, b in zip(batches, read, strict=True))
        raise ShapeError(f"batches must have as many rows: {shapes}")
    return read


def _round(steps):
    """The batches of a round, read before any step is taken."""
    read = [[dimensions("rounds", real("rounds", b), 2) for b in step] for step in steps]
    if any(len({len(b) for b in step}) > 1 for step in read):
        raise ShapeError("rounds must hold batches of as many rows")
    return read


@np.errstate(all="ignore")
def discriminator_gradients(chains, parameters, x, z):
    """The discriminator's mean loss on a batch, and its gradient in the discriminator's weights.

    chains, parameters: dictionaries with generator and discriminator. x: real examples,
    shape (B, features). z: noise, shape (B, latent).
    Returns (loss, gradients).

    >>> one = {"0.weight": np.ones((1, 1)), "0.bias": np.zeros(1)}
    >>> chains = {"generator": ("linear",), "discriminator": ("linear",)}
    >>> both = {"generator": one, "discriminator": one}
    >>> loss, gradients = discriminator_gradients(chains, both, [[0.0]], [[0.0]])
    >>> float(loss) == float(np.log(4)), gradients["0.weight"].tolist()
    (True, [[0.0]])
    """
    x, z = _rows(x=x, z=z)
    chain, weights = chains["discriminator"], parameters["discriminator"]
    made, _ = forward(chains["generator"], parameters["generator"], z)
    real_logits, real_tape = forward(chain, weights, x)
    fake_logits, fake_tape = forward(chain, weights, made)
    loss = minimax.discriminator_loss(real_logits[:, 0], fake_logits[:, 0]).mean()
    gradients = minimax.discriminator_loss_gradients(real_logits, fake_logits)
    _, from_real = backward(chain, weights, real_tape, gradients[0] / len(real_logits))
    _, from_fake = backward(chain, weights, fake_tape, gradients[1] / len(fake_logits))
    return loss, {key: from_real[key] + from_fake[key] for key in weights}


@np.errstate(all="ignore")
def generator_gradients(chains, parameters, z, objective="non_saturating"):
    """The generator's mean loss on a batch, and its gradient in the generator's weights alone.

    Arguments as above. objective: minimax or non_saturating.
    Returns (loss, gradients).

    >>> one = {"0.weight": np.ones((1, 1)), "0.bias": np.zeros(1)}
    >>> chains = {"generator": ("linear",), "discriminator": ("linear",)}
    >>> both = {"generator": one, "discriminator": one}
    >>> loss, gradients = generator_gradients(chains, both, [[0.0]])
    >>> float(loss) == float(np.log(2)), gradients["0.bias"].tolist()
    (True, [-0.5])
    """
    (z,) = _rows(z=z)
    loss, gradient = GENERATOR[chosen("objective", objective, GENERATOR)]
    chain, weights = chains["generator"], parameters["generator"]
    made, made_tape = forward(chain, weights, z)
    logits, tape = forward(chains["discriminator"], parameters["discriminator"], made)
    into, _ = backward(
        chains["discriminator"], parameters["discriminator"], tape, gradient(logits) / len(logits)
    )
    return loss(logits[:, 0]).mean(), backward(chain, weights, made_tape, into)[1]


def algorithm1_trace(chains, parameters, rounds, optimizer, objective="non_saturating"):
    """Algorithm 1 on given data and noise.

    chains, parameters: dictionaries with generator and discriminator.
    rounds: for each round (steps, z): the discriminator's k pairs (x, z), the generator's z.
    optimizer: (name, arguments), one optimizer per network. objective: the generator's.
    Returns (parameters, losses): losses of shape (rounds, 2), the last discriminator step's
    and the generator's.

    >>> one = {"0.weight": np.ones((1, 1)), "0.bias": np.zeros(1)}
    >>> chains = {"generator": ("linear",), "discriminator": ("linear",)}
    >>> start = {"generator": one, "discriminator": one}
    >>> round_ = ([([[0.0]], [[0.0]])], [[0.0]])
    >>> end, losses = algorithm1_trace(chains, start, [round_], ("sgd", {"lr": 1.0}))
    >>> end["generator"]["0.bias"].tolist(), losses.shape
    ([0.5], (1, 2))
    """
    states: dict[str, dict] = {"discriminator": {}, "generator": {}}
    parameters, losses = dict(parameters), []

    def move(network, gradients):
        parameters[network], states[network] = descend(
            parameters[network], gradients, states[network], *optimizer
        )

    for steps, z in rounds:
        ((z,),) = _round([[z]])
        for x, noise in _round(steps):
            judged, gradients = discriminator_gradients(chains, parameters, x, noise)
            move("discriminator", gradients)
        made, gradients = generator_gradients(chains, parameters, z, objective)
        move("generator", gradients)
        losses.append((judged, made))
    return parameters, np.array(losses)


def _finite(gradient):
    if not np.isfinite(gradient).all():
        raise DomainError("parameters, x and eps must be such that the gradients are finite")
    return gradient


@np.errstate(all="ignore")
def vae_gradients(chains, parameters, x, eps, likelihood, log_noise=0.0):
    """The negative ELBO of a batch, mean over examples, and its gradient in both networks.

    chains, parameters: dictionaries with encoder (B, features) -> (B, 2 latent), means then
    log variances, and decoder. x: shape (B, features). eps: noise, shape (B, latent).
    likelihood: bernoulli or gaussian, the latter with the log variance log_noise.
    Returns (reconstruction, kl, gradients): two numbers in nats, and a dictionary.

    >>> chains = {"encoder": ("linear",), "decoder": ("linear",)}
    >>> zero = {"encoder": {"0.weight": np.zeros((2, 1)), "0.bias": np.zeros(2)},
    ...         "decoder": {"0.weight": np.zeros((1, 1)), "0.bias": np.zeros(1)}}
    >>> r, k, _ = vae_gradients(chains, zero, [[1.0]], [[0.0]], "bernoulli")
    >>> float(r) == float(np.log(2)), float(k)
    (True, 0.0)
    """
    x, eps = _rows(x=x, eps=eps)
    log_noise = number("log_noise", log_noise)
    chosen("likelihood", likelihood, ("bernoulli", "gaussian"))
    encoded, encoder_tape = forward(chains["encoder"], parameters["encoder"], x)
    if encoded.shape[1] % 2:
        raise ShapeError(f"parameters must encode means and log variances: {encoded.shape}")
    mean, v = np.split(encoded, 2, -1)
    if eps.shape != mean.shape:
        raise ShapeError(f"eps {eps.shape} must be {mean.shape}, as parameters give the latents")
    deviation = np.exp(v / 2)
    if not np.isfinite(mean + deviation * eps).all():
        raise DomainError("parameters, x and eps must be such that the codes are finite")
    decoded, decoder_tape = forward(
        chains["decoder"], parameters["decoder"], mean + deviation * eps
    )
    if likelihood == "bernoulli":
        reconstruction = bernoulli.negative_log_likelihood(x, decoded)
        out = bernoulli.negative_log_likelihood_gradient(x, decoded)
    else:
        reconstruction = gaussian.negative_log_likelihood(x, decoded, log_noise)
        out, _ = gaussian.negative_log_likelihood_gradients(x, decoded, log_noise)
    _finite(out)
    kl = gaussian_kl.kl_to_standard_normal(mean, v)
    kl_mean, kl_v = gaussian_kl.kl_to_standard_normal_gradients(mean, v)
    into_z, decoder = backward(
        chains["decoder"], parameters["decoder"], decoder_tape, out / len(x)
    )
    into = np.concatenate(
        [into_z + kl_mean / len(x), into_z * eps * deviation / 2 + kl_v / len(x)], -1
    )
    _, encoder = backward(chains["encoder"], parameters["encoder"], encoder_tape, _finite(into))
    return reconstruction.mean(), kl.mean(), {"encoder": encoder, "decoder": decoder}


def vae_step_trace(chains, parameters, rounds, optimizer, likelihood, log_noise=0.0):
    """Training steps of a VAE on given data and noise.

    rounds: for each round (x, eps). Other arguments as above; optimizer is (name, arguments).
    Returns (parameters, terms): terms of shape (rounds, 2), reconstruction and KL.

    >>> chains = {"encoder": ("linear",), "decoder": ("linear",)}
    >>> zero = {"encoder": {"0.weight": np.zeros((2, 1)), "0.bias": np.zeros(2)},
    ...         "decoder": {"0.weight": np.zeros((1, 1)), "0.bias": np.zeros(1)}}
    >>> rounds = [([[1.0]], [[0.0]])]
    >>> end, _ = vae_step_trace(chains, zero, rounds, ("sgd", {"lr": 2.0}), "bernoulli")
    >>> end["decoder"]["0.bias"].tolist()
    [1.0]
    """
    states: dict[str, dict] = {"encoder": {}, "decoder": {}}
    parameters, terms = dict(parameters), []
    for x, eps in _round(rounds):
        if likelihood == "bernoulli":
            within("rounds", x, 0, 1)
        *term, gradients = vae_gradients(chains, parameters, x, eps, likelihood, log_noise)
        for network in states:
            parameters[network], states[network] = descend(
                parameters[network], gradients[network], states[network], *optimizer
            )
        terms.append(term)
    return parameters, np.array(terms)


def grad_enumerate(gradients, batch):
    """The mean gradient of a minibatch, averaged over all minibatches of `batch` examples.

    It equals the mean gradient of all examples: a minibatch gradient is unbiased at any size.

    gradients: of each example, shape (n, ...). batch: in 1 ... n.
    Returns shape (...).

    >>> float(grad_enumerate([1.0, 2.0, 6.0], 2))
    3.0
    """
    gradients = event("gradients", real("gradients", gradients), 0)
    n, batch = len(gradients), count("batch", batch)
    refuse("batch", np.asarray(batch), np.asarray(batch > n), f"at most {n}, the examples")
    if n > 20:
        raise ShapeError(f"gradients must be of at most 20 examples: shape {gradients.shape}")
    masks = ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(bool)
    means = [gradients[mask].mean(0) for mask in masks if mask.sum() == batch]
    return np.mean(means, 0)
