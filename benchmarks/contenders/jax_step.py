"""A jitted JAX step with optax's Adam, data in memory: optional.

The whole round is one compiled function (batches, noise, gradients, updates), its state is
donated, and its first weights are those of the same Torch modules. It has the multilayer
perceptrons: GAN and VAE.
"""

from functools import partial
from importlib.util import find_spec

from torch import nn

from benchmarks.contenders import Racer, memory, seconds_of

missing = None
if not (find_spec("jax") and find_spec("optax")):
    missing = "jax: not installed, skipped (pip install jax optax)"


def plays(workload) -> bool:
    networks = workload.small().model.networks().values()
    mlps = (nn.Linear, nn.LeakyReLU, nn.Tanh)
    return workload.kind in ("gan", "vae") and all(
        isinstance(layer, mlps) for network in networks for layer in network
    )


def prepare(workload, x, device) -> Racer:
    """The step at round 0; the device is whatever JAX was built for."""
    import jax
    import jax.numpy as jnp
    import optax

    net = {name: list(n.children()) for name, n in memory.networks(workload, "cpu").items()}
    gradient = next(
        m.negative_slope for n in net.values() for m in n if isinstance(m, nn.LeakyReLU)
    )
    tanh = {name for name, network in net.items() if isinstance(network[-1], nn.Tanh)}
    weights = {
        name: [
            (jnp.array(m.weight.detach().numpy().T), jnp.array(m.bias.detach().numpy()))
            for m in network
            if isinstance(m, nn.Linear)
        ]
        for name, network in net.items()
    }
    model, batch = workload.model, workload.batch
    draws = bool(workload.kind == "vae" and model.observation())
    data = jnp.array((x + 1) / 2 if workload.kind == "vae" else x)
    betas = workload.adam.get("betas", (0.9, 0.999))
    adam = optax.adam(workload.adam["lr"], *betas)
    players = {p.name: p.moves for p in model.players()}
    steps = model.players()[0].steps

    def run(name, layers, h):
        for w, b in layers[:-1]:
            h = jax.nn.leaky_relu(h @ w + b, gradient)
        w, b = layers[-1]
        return jnp.tanh(h @ w + b) if name in tanh else h @ w + b

    def some(data, key):
        return data[jax.random.randint(key, (batch,), 0, len(data))]

    def latents(key):
        return jax.random.normal(key, (batch, model.latent))

    def discriminator_loss(moved, fixed, data, key):
        keys = jax.random.split(key)
        fake = run("generator", fixed["generator"], latents(keys[0]))
        real_logits = run("discriminator", moved["discriminator"], some(data, keys[1]))
        fake_logits = run("discriminator", moved["discriminator"], fake)
        return jax.nn.softplus(-real_logits).mean() + jax.nn.softplus(fake_logits).mean()

    def generator_loss(moved, fixed, data, key):
        fake = run("generator", moved["generator"], latents(key))
        return jax.nn.softplus(-run("discriminator", fixed["discriminator"], fake)).mean()

    def negative_elbo(moved, fixed, data, key):
        keys = jax.random.split(key, 3)
        x = some(data, keys[0])
        x = (jax.random.uniform(keys[1], x.shape) < x).astype(x.dtype) if draws else x
        mean, log_variance = jnp.split(run("encoder", moved["encoder"], x), 2, axis=1)
        z = mean + jnp.exp(log_variance / 2) * latents(keys[2])
        logits = run("decoder", moved["decoder"], z)
        reconstruction = optax.sigmoid_binary_cross_entropy(logits, x).sum(1)
        kl = (mean**2 + jnp.exp(log_variance) - 1 - log_variance).sum(1) / 2
        return (reconstruction + kl).mean()

    losses = {
        "discriminator": discriminator_loss,
        "generator": generator_loss,
        "autoencoder": negative_elbo,
    }
    order = [p.name for p in model.players() for _ in range(p.steps)]

    @partial(jax.jit, donate_argnums=0)
    def play_round(state, data):
        weights, moments, key = state
        key, *keys = jax.random.split(key, len(order) + 1)
        for player, own in zip(order, keys, strict=True):
            moved = {name: weights[name] for name in players[player]}
            gradients = jax.grad(losses[player])(moved, weights, data, own)
            step, moments[player] = adam.update(gradients, moments[player])
            weights = weights | optax.apply_updates(moved, step)
        return weights, moments, key

    moments = {p: adam.init({name: weights[name] for name in m}) for p, m in players.items()}
    state = [(weights, moments, jax.random.key(0))]

    def play(rounds):
        for _ in range(rounds):
            state[0] = play_round(state[0], data)
        jax.block_until_ready(state[0])

    key = jax.random.key(1)
    pick, draw = jax.jit(some), jax.jit(latents)
    return Racer(
        play,
        replicas=1,
        data=lambda: seconds_of(lambda: pick(data, key).block_until_ready(), "cpu") * steps,
        noise=lambda: seconds_of(lambda: draw(key).block_until_ready(), "cpu") * len(order),
    )
