"""Fifty Torch training steps are the oracle's fifty steps, parameter by parameter, in float64.

Nothing is shared but the initial weights and the random streams: the oracle has its own
layers, gradients, losses and optimizers. A step's gradient agrees to 1e-14 of its norm; Adam and
momentum keep such errors at that size while they do not grow, so 1e-12 of the largest weight
holds after fifty steps with a wide margin (the measured drift is below 1e-14), and a
promise beyond a few hundred steps would be broken by chaos, not by a fault.
"""

import numpy as np
import pytest
import torch

from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.randomness import BLOCK, Integers, draw, seed64
from pipeline.engine.training import Training
from pipeline.models import gan, vae
from reference.nn import training as oracle
from reference.nn.network import mlp_layers

ROUNDS, BATCH, SEED = 50, 6, 11
OPTIMIZERS = [
    ("sgd", {"lr": 0.05, "momentum": 0.5}),
    ("adam", {"lr": 0.01, "betas": (0.5, 0.999), "eps": 1e-8}),
]


def replayed(distributions, stream):
    """The first ROUNDS rounds of a replica's streams: a list of dictionaries of arrays."""
    blocks = -(-ROUNDS // BLOCK)
    drawn = {
        name: torch.cat(
            [
                draw(distribution, (BLOCK, BATCH), SEED, f"{stream}/{name}", b, "cpu")
                for b in range(blocks)
            ]
        ).numpy()
        for name, distribution in distributions.items()
    }
    return [{name: array[i] for name, array in drawn.items()} for i in range(ROUNDS)]


def weights(ensemble):
    return {
        name: {key: tensor[0].detach().numpy().copy() for key, tensor in network.items()}
        for name, network in ensemble.state.items()
    }


def agree(ours, known):
    assert ours.keys() == known.keys()
    for name, network in ours.items():
        assert network.keys() == known[name].keys()
        for key, array in network.items():
            scale = max(1.0, np.abs(known[name][key]).max())
            assert np.abs(array - known[name][key]).max() <= 1e-12 * scale, f"{name}.{key}"


def moved(before, after):
    return all((before[n][k] != after[n][k]).any() for n in before for k in before[n])


@pytest.mark.parametrize("name_and_arguments", OPTIMIZERS, ids=["sgd", "adam"])
@pytest.mark.parametrize("objective", ["non_saturating", "minimax"])
def test_algorithm_1(double, objective, name_and_arguments):
    """Two discriminator steps a round, a generator that ends in tanh."""
    name, arguments = name_and_arguments
    model = gan.Model(
        features=2, latent=3, width=8, k=2, generator_objective=objective, output="tanh"
    )
    ensemble = Ensemble(model, [SEED])
    data = torch.randn(20, 2, generator=torch.Generator().manual_seed(0)).tanh()
    start = weights(ensemble)
    training = Training(ensemble, {"x": data}, BATCH, optimizer(name, **arguments))
    reports = list(training.play(ROUNDS))

    def inputs(player, step):
        where = f"{player}/{step}"
        return zip(
            replayed({"index": Integers(len(data))}, f"batch/{where}"),
            replayed(model.prior(), f"noise/{where}"),
            strict=True,
        )

    judge = [
        [(data.numpy()[i["index"]], n["z"].astype(float)) for i, n in inputs("discriminator", s)]
        for s in range(model.k)
    ]
    maker = [noise["z"].astype(float) for _, noise in inputs("generator", 0)]
    rounds = [([steps[t] for steps in judge], maker[t]) for t in range(ROUNDS)]
    chains = {"generator": mlp_layers(3, "tanh"), "discriminator": mlp_layers(3)}
    known, losses = oracle.algorithm1_trace(chains, start, rounds, (name, arguments), objective)

    assert moved(start, known)
    agree(weights(ensemble), known)
    for report, (judged, made) in zip(reports, losses, strict=True):
        assert abs(report["discriminator"]["minimax"] - judged) < 1e-12
        assert abs(report["generator"][objective] - made) < 1e-12


def test_the_seed_of_the_initial_weights():
    """63 bits of a hash: another number would start every replica of the study elsewhere."""
    assert seed64(SEED, "weights/generator") == 1_689_362_559_922_832_441


def test_no_gradient_reaches_the_other_player(double):
    """After a round the discriminator's gradients are those of its own step alone, and what is
    reported holds on to no graph."""
    model = gan.Model(features=2, latent=3, width=8)
    ensemble = Ensemble(model, [SEED])
    data = torch.randn(20, 2, generator=torch.Generator().manual_seed(0))
    start = weights(ensemble)
    remembers = optimizer("sgd", lr=0.1, momentum=0.5)  # as its first velocity the first gradient
    training = Training(ensemble, {"x": data}, BATCH, remembers)
    (report,) = training.play(1)
    index = replayed({"index": Integers(len(data))}, "batch/discriminator/0")[0]["index"]
    noise = replayed(model.prior(), "noise/discriminator/0")[0]["z"].astype(float)
    chains = {"generator": mlp_layers(3), "discriminator": mlp_layers(3)}
    _, known = oracle.discriminator_gradients(chains, start, data.numpy()[index], noise)
    memory = training.chunks[0].optimizers["discriminator"].state()
    gradients = ensemble.named("discriminator", *memory.values())
    for key, gradient in gradients.items():
        assert np.abs(gradient[0].numpy() - known[key]).max() < 1e-13
    assert not any(term.requires_grad for terms in report.values() for term in terms.values())


@pytest.mark.parametrize("name_and_arguments", OPTIMIZERS, ids=["sgd", "adam"])
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_auto_encoding_variational_bayes(double, likelihood, name_and_arguments):
    name, arguments = name_and_arguments
    arguments = arguments | {"lr": arguments["lr"] / 5}
    model = vae.Model(
        features=4, latent=2, width=8, likelihood=likelihood, depth=1, log_variance=-1.0
    )
    ensemble = Ensemble(model, [SEED])
    data = torch.randn(20, 4, generator=torch.Generator().manual_seed(0)).tanh()
    start = weights(ensemble)
    training = Training(ensemble, {"x": data}, BATCH, optimizer(name, **arguments))
    reports = list(training.play(ROUNDS))

    index = replayed({"index": Integers(len(data))}, "batch/autoencoder/0")
    noise = replayed(model.posterior() | model.observation(), "noise/autoencoder/0")
    rounds = []
    for chosen, drawn in zip(index, noise, strict=True):
        x = data.numpy()[chosen["index"]]
        if likelihood == "bernoulli":  # a pixel is white with the probability that it is grey
            x = (drawn["pixel"] < (x + 1) / 2).astype(float)
        rounds.append((x, drawn["e"].astype(float)))
    chains = {"encoder": mlp_layers(2), "decoder": mlp_layers(2)}
    known, terms = oracle.vae_step_trace(
        chains, start, rounds, (name, arguments), likelihood, model.log_variance
    )

    assert moved(start, known)
    agree(weights(ensemble), known)
    for report, (reconstruction, kl) in zip(reports, terms, strict=True):
        assert abs(report["autoencoder"]["reconstruction"] - reconstruction) < 1e-11
        assert abs(report["autoencoder"]["kl"] - kl) < 1e-11
