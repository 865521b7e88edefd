"""A captured block is played as if each of its rounds had been: the same bytes, anywhere.

No GPU is needed: `Recorded` keeps the operations of a block with their arguments, as a graph of
CUDA does, and plays them on the same tensors; numbers of Python are as they were when recorded.
"""

import warnings
from contextlib import contextmanager
from dataclasses import is_dataclass

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from pipeline.engine import capture
from pipeline.engine.ensemble import Ensemble, Player
from pipeline.engine.optimizers import optimizer
from pipeline.engine.phases import Phase
from pipeline.engine.randomness import BLOCK
from pipeline.engine.schedules import decaying, falling, rising
from pipeline.engine.training import Training
from pipeline.models import dcgan, gan, progressive_gan, wgan
from tests.engine.shared import sharing

SEEDS, BATCH, ROUNDS = [3, 4], 8, 6 * BLOCK + 5
GAN = gan.Model(features=3, latent=2, width=8)


class Recorded(TorchDispatchMode):
    """A graph of operations on a CPU: recorded while they run, then played in place."""

    def __init__(self):
        super().__init__()
        self.calls = []

    @contextmanager
    def recording(self):
        """The state is put back afterwards: while CUDA records, nothing is computed."""
        before = {}
        self.touched = before
        with self:
            yield
        for tensor, value in reversed(before.values()):
            tensor.copy_(value)

    def __torch_dispatch__(self, f, types, args=(), kwargs=None):
        written = f._schema.is_mutable
        for tensor in tree_leaves(args) if written else ():
            if isinstance(tensor, torch.Tensor):
                self.touched.setdefault(id(tensor), (tensor, tensor.clone()))
        made = f(*args, **(kwargs or {}))
        self.calls.append((f, args, kwargs or {}, made))
        return made

    def play(self):
        for f, args, kwargs, made in self.calls:
            for kept, new in zip(tree_leaves(made), tree_leaves(f(*args, **kwargs)), strict=True):
                if isinstance(kept, torch.Tensor) and kept.data_ptr() != new.data_ptr():
                    kept.copy_(new)


def data(features=3, n=50):
    rng = torch.Generator().manual_seed(0)
    x = torch.rand(n, features, generator=rng) * 2 - 1
    return {"x": x, "label": torch.randint(4, (n,), generator=rng)}


def begun(model=GAN, optimize=None, graph=Recorded, rounds=ROUNDS, **how):
    optimize = optimize or optimizer("adam", lr=1e-2, scale=falling(rounds, 0.1))
    given = data(getattr(model, "features", 3))
    training = Training(Ensemble(model, SEEDS), given, BATCH, optimize, rounds=rounds, **how)
    if is_dataclass(model):
        sharing(training)
    return capture.use(training, graph)


def trained(*args, **how):
    """All reports of a training, and all tensors that it has changed."""
    training = begun(*args, **how)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reports = list(training.play(ROUNDS))
    return training, reports


def same(one, other):
    (a, reports), (b, known) = one, other
    for chunk, twin in zip(a.chunks, b.chunks, strict=True):
        for (name, tensor), value in zip(chunk.live().items(), twin.live().values(), strict=True):
            assert torch.equal(tensor, value), name
    for report, wanted in zip(reports, known, strict=True):
        for tensor, value in zip(tree_leaves(report), tree_leaves(wanted), strict=True):
            assert torch.equal(tensor, value)


OPTIMIZERS = {
    "falling": optimizer("adam", lr=1e-2, scale=falling(ROUNDS, 0.1)),
    "each": optimizer("adam", lr=[1e-2, 1e-3], betas=[(0.5, 0.9), (0.0, 0.99)]),
    "falling_each": optimizer("adam", lr=1e-2, scale=falling(ROUNDS, [0.1, 0.5])),
    "rising": optimizer("sgd", lr=1e-2, momentum=rising(0.5, 0.7, 60), scale=decaying(0.99, 0.5)),
    "sgd": optimizer("sgd", lr=1e-2, momentum=0.5, scale=decaying(0.99, 0.5)),
    "sgd_each": optimizer("sgd", lr=[1e-2, 1e-3], momentum=[0.5, 0.9]),
    "plain": optimizer("sgd", lr=1e-2),
    "plain_each": optimizer("sgd", lr=[1e-2, 1e-3]),
}


@pytest.mark.parametrize("optimize", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_captured_blocks_have_the_bytes_of_rounds(optimize):
    """Rates that change from round to round among them."""
    captured = trained(optimize=optimize, decay=0.9)
    assert captured[0].chunks[0].captured
    same(captured, trained(optimize=optimize, graph=None, decay=0.9))


MODELS = {
    "two_steps": gan.Model(features=3, latent=2, width=8, k=2),
    "hoisted": gan.Model(features=64, latent=64, width=256, k=2),
    "projected": wgan.Model(features=3, latent=2, width=8, k=2),
    "batch_norm": dcgan.Model(features=16, latent=2, width=2, depth=1, shape=(4, 4)),
    "phases_and_progress": progressive_gan.Model(features=64, latent=4, width=2, shape=(8, 8)),
}


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_kind_of_step_can_be_captured(model):
    same(trained(model), trained(model, graph=None))


def test_chunks_are_captured_each():
    same(trained(chunk=1), trained(chunk=1, graph=None))


def test_a_block_across_two_phases_is_played_round_by_round():
    class Two:
        features = 3
        networks, prior, sample = GAN.networks, GAN.prior, GAN.sample

        def players(self):
            return GAN.players()

        def phases(self):
            return (Phase(("discriminator",), 0.5), Phase(("discriminator", "generator"), 0.5))

    captured = trained(Two())
    same(captured, trained(Two(), graph=None))
    assert set(captured[0].chunks[0].captured) == {0, round(ROUNDS / 2)}


def test_a_training_goes_on_from_within_a_block():
    known = trained(graph=None)
    training = begun()
    reports = [r for stop in (5, 3 * BLOCK, 4 * BLOCK + 1, ROUNDS) for r in training.play(stop)]
    same((training, reports), known)


def test_a_replica_that_diverges_is_found_where_it_diverges():
    class Bursts:
        features = 3

        def networks(self):
            return {"line": torch.nn.Linear(3, 1)}

        def players(self):
            return (Player("line", self.loss, ("line",)),)

        def loss(self, net, batch, noise):
            y = net.line(batch["x"])[:, 0]
            return {"square": y.square(), "bang": (1e30 * (batch["x"][:, 0] > 0.99) * y).exp() - 1}

    captured, known = trained(Bursts()), trained(Bursts(), graph=None)
    same(([captured[0]][0], []), (known[0], []))
    found = [{r: d[:-1] for r, d in t.diverged.items()} for t, _ in (captured, known)]
    assert found[0] == found[1]


def test_what_cannot_be_captured_is_played_as_it_is_with_one_warning():
    class Impossible(Recorded):
        @contextmanager
        def recording(self):
            raise RuntimeError("no graphs here\nat all")
            yield

    training = begun(graph=Impossible)
    with pytest.warns(
        UserWarning, match="not captured, and slower for it: no graphs here$"
    ) as told:
        reports = list(training.play(ROUNDS))
    assert len(told) == 1
    same((training, reports), trained(graph=None))
