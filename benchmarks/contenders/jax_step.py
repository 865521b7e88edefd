"""A jitted JAX step with optax's Adam, data in memory: optional.

The whole round is one compiled function (batches, noise, gradients, updates), its state is
donated, and its first weights are those of the same Torch modules. It has the multilayer
perceptrons: GAN, VAE and the study's WGAN-GP. With `replicas` it is what an expert writes for many
seeds: `vmap` over them, and `lax.scan` over the sixteen rounds of a call.
"""

from functools import partial
from importlib.util import find_spec

from torch import nn

from benchmarks.contenders import Racer, memory, seconds_of
from pipeline.engine.randomness import BLOCK

missing = None
if not (find_spec("jax") and find_spec("optax")):
    missing = "jax: not installed, skipped (pip install jax optax)"


def plays(workload) -> bool:
    networks = workload.small().model.networks().values()
    mlps = (nn.Linear, nn.LeakyReLU, nn.Tanh)
    return workload.kind in ("gan", "vae", "study_wgan_gp") and all(
        isinstance(layer, mlps) for network in networks for layer in network
    )


def prepare(workload, x, device, replicas: int = 0) -> Racer:
    """The step at round 0; the device is whatever JAX was built for.

    replicas: how many seeds one call trains; 0: one, a round a call.
    """
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
            {"w": jnp.array(m.weight.detach().numpy().T)}
            | ({} if m.bias is None else {"b": jnp.array(m.bias.detach().numpy())})
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
        for place, layer in enumerate(layers):
            h = h @ layer["w"] + layer.get("b", 0)
            h = jax.nn.leaky_relu(h, gradient) if place < len(layers) - 1 else h
        return jnp.tanh(h) if name in tanh else h

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

    def critic_loss(moved, fixed, data, key):
        keys = jax.random.split(key, 3)
        x, fake = some(data, keys[0]), run("generator", fixed["generator"], latents(keys[1]))

        def score(x):
            return run("discriminator", moved["discriminator"], x)[..., 0]

        mix = jax.random.uniform(keys[2], (batch, 1))
        slopes = jax.vmap(jax.grad(score))(mix * x + (1 - mix) * fake)
        penalty = ((jnp.linalg.norm(slopes, axis=1) - 1) ** 2).mean()
        return score(fake).mean() - score(x).mean() + model.penalty * penalty

    def critic_generator_loss(moved, fixed, data, key):
        fake = run("generator", moved["generator"], latents(key))
        return -run("discriminator", fixed["discriminator"], fake).mean()

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
    if workload.kind == "study_wgan_gp":
        losses |= {"discriminator": critic_loss, "generator": critic_generator_loss}
    order = [p.name for p in model.players() for _ in range(p.steps)]

    def a_round(state, data):
        weights, moments, key = state
        moments = dict(moments)
        key, *keys = jax.random.split(key, len(order) + 1)
        for player, own in zip(order, keys, strict=True):
            moved = {name: weights[name] for name in players[player]}
            gradients = jax.grad(losses[player])(moved, weights, data, own)
            step, moments[player] = adam.update(gradients, moments[player])
            weights = weights | optax.apply_updates(moved, step)
        return weights, moments, key

    moments = {p: adam.init({name: weights[name] for name in m}) for p, m in players.items()}
    state = [(weights, moments, jax.random.key(0))]
    play_round = jax.jit(a_round, donate_argnums=0)
    if replicas:
        rows = jax.tree.map(lambda a: jnp.stack([a] * replicas), (weights, moments))
        state = [(*rows, jax.random.split(jax.random.key(0), replicas))]

    @partial(jax.jit, donate_argnums=0)
    def play_block(state, data):
        def one(state):
            return jax.lax.scan(lambda s, _: (a_round(s, data), None), state, None, BLOCK)[0]

        return jax.vmap(one)(state)

    def play(rounds):
        for _ in range(-(-rounds // BLOCK) if replicas else rounds):
            state[0] = (play_block if replicas else play_round)(state[0], data)
        jax.block_until_ready(state[0])

    key = jax.random.key(1)
    pick, draw = jax.jit(some), jax.jit(latents)
    return Racer(
        play,
        replicas=max(1, replicas),
        data=lambda: seconds_of(lambda: pick(data, key).block_until_ready(), "cpu") * steps,
        noise=lambda: seconds_of(lambda: draw(key).block_until_ready(), "cpu") * len(order),
    )
