"""Every model's step can run on a GPU, which need not be there: tensors have shapes and devices.

Of each traced step, with the weights on the device: every operation takes its tensors from there,
and none brings one from the host, for which a GPU would have to wait. Numbers in a graph are no
tensors. Where Torch is built for CUDA the device is "cuda", in Torch's fake mode; a build for CPUs
takes no gradients there, and the device is "meta", which has shapes and no numbers, too.
"""

from contextlib import nullcontext

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._pytree import tree_leaves

from benchmarks import zoo
from pipeline.engine import capture, ensemble, tables
from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.randomness import Integers
from pipeline.engine.repeated import Repeated
from pipeline.engine.training import Training
from pipeline.models import gan, names
from pipeline.results import on_device as host
from pipeline.results.on_device import OnDevice

BUILT = torch.backends.cuda.is_built()
DEVICE = torch.device("cuda", 0) if BUILT else torch.device("meta")


@pytest.fixture
def on_device(monkeypatch):
    """Tensors without values; random numbers and fused steps as they come from their kernels."""

    def draws(distribution, count, seeds, stream, block, device):
        kind = torch.int64 if isinstance(distribution, Integers) else torch.float32
        assert torch.device(device).type == DEVICE.type
        return torch.zeros((len(seeds), *count, *distribution.shape), dtype=kind, device=device)

    def fused(*lists, lr, **numbers):
        assert {t.device.type for t in tree_leaves([lists, lr])} == {DEVICE.type}

    monkeypatch.setattr(ensemble, "draws", draws)
    monkeypatch.setattr(torch, "_fused_adam_", fused)
    monkeypatch.setattr(torch, "_fused_sgd_", fused)
    with FakeTensorMode() if BUILT else nullcontext():
        yield


def begun(name, optimize=None, model=None):
    """A small training with its state on the device, its numbers in tables, captured nowhere."""
    training = zoo.begun(name, [0, 1], DEVICE, rounds=64)
    if optimize or model:
        data, own = training.pools["train"], model or training.ensemble.model
        adam = optimize or optimizer("adam", lr=1e-3)
        training = Training(Ensemble(own, [0, 1], DEVICE), data, zoo.BATCH, adam, rounds=64)
    return capture.use(training, graph=None)


def tensors(*nodes):
    values = [node.meta["val"] for node in nodes if "val" in node.meta]
    return [t for t in tree_leaves(values) if isinstance(t, Tensor)]


def strangers(graph):
    """The operations of a traced graph that wait for the host: what they take lies there.

    A host's tensor of shape () may stand beside one of the device: it is handed over as a number.
    """
    found = []
    for node in graph.nodes:
        if node.op == "get_attr" and tensors(node) == []:
            value = getattr(graph.owning_module, node.target)
            if value.device.type == "cpu" and value.dim():
                found.append(f"{node.target}, a constant of {tuple(value.shape)}")
        if node.op != "call_function":
            continue
        taken, made = tensors(*node.all_input_nodes), tensors(node)
        host = [t for t in (*taken, *made) if t.device.type == "cpu"]
        copied = taken and all(t.device.type == "cpu" for t in taken)
        if any(t.dim() for t in host) or (copied and any(t.device.type != "cpu" for t in made)):
            found.append(f"{node.target} of {[tuple(t.shape) for t in host]} on the host")
    return found


def graphs(training):
    for plan in training.plans.values():
        yield from (traced.graph for traced in plan.steps.values())
        if plan.hoisted:
            yield plan.hoisted.graph


def faults(training):
    """What is wrong with a training's steps, of each phase one round; Torch may refuse itself."""
    try:
        for stretch in training.stretches:
            for chunk in training.chunks:
                chunk.play(range(stretch.start, stretch.start + 1))
    except RuntimeError as error:
        return [str(error)]
    return [line for graph in graphs(training) for line in strangers(graph)]


PATTERNS = {"gan", "vae", "progressive_gan", "diffusion", "infogan"}  # as the others are


def case(name):
    return pytest.param(name, marks=[] if name in PATTERNS else pytest.mark.walk)


@pytest.mark.parametrize("name", map(case, zoo.SMALL))
def test_every_model_s_step_stays_on_the_device(name, on_device):
    """In each of its phases."""
    assert not faults(begun(name))


class Astray(gan.Model):
    """A game with a tensor of the host among those of the device."""

    what = "index"

    def generator_loss(self, net, batch, noise):
        x = self.sample(net, noise)
        loss = super().generator_loss(net, batch, noise)
        astray = {
            "index": lambda: x[torch.arange(len(x))],
            "constant": lambda: x * torch.ones(self.features),
            "copied": lambda: x * torch.tensor(2.0).to(x.device),
        }
        return {name: t + 0 * astray[self.what]().sum(-1) for name, t in loss.items()}


@pytest.mark.parametrize("what", ["index", "constant", "copied"])
def test_a_tensor_of_the_host_is_seen(what, on_device, monkeypatch):
    monkeypatch.setattr(Astray, "what", what)
    assert faults(begun("gan", model=Astray(**zoo.SMALL["gan"])))


def test_schedules_stand_on_the_device(on_device, monkeypatch):
    """No step of an optimizer takes a number of its schedule from the host."""
    if not BUILT:  # nothing can be copied from "meta"
        monkeypatch.setattr(tables, "here", lambda n: torch.zeros(n.shape, dtype=n.dtype))
    own = [1e-3, 1e-4]
    for optimize in (
        optimizer("adam", lr=own, betas=[(0.5, 0.9), (0.0, 0.9)]),
        optimizer("adam", lr=own),
        optimizer("sgd", lr=1e-3, momentum=lambda played: played / 100),
    ):
        training = begun("gan", optimize)
        training.chunks[0].play(range(2))
        for paced in training.chunks[0].paced.values():
            assert isinstance(paced, tables.Paced)
            values = [*(t.values for t in paced.tables), *paced.state().values()]
            assert {v.device.type for v in values} == {DEVICE.type}


def test_the_list_has_every_model():
    assert sorted(zoo.SMALL) == names()


def test_a_metric_sees_the_host_and_repeated_draws_stay_there(on_device, monkeypatch):
    """Results and noise of an ensemble that metrics ask; a draw's pass is of the device alone."""
    if not BUILT:  # nothing can be copied from "meta"
        monkeypatch.setattr(host, "here", lambda t: torch.zeros(t.shape, dtype=t.dtype))
    seen = OnDevice(zoo.small("vae"), [0, 1], DEVICE)
    x = torch.zeros(5, zoo.FEATURES)
    assert seen.sample(5, "test").device.type == "cpu"
    mean, _ = seen.each(seen.model.encode, x=x)
    assert (mean.shape, mean.device.type) == ((2, 5, 8), "cpu")
    assert seen.noise(seen.model.posterior(), (5,), "test")["e"].device.type == "cpu"

    def weight(model, net, given, noise):
        return model.log_weight(net, {"x": given[0]}, noise | given[1])

    noise = Ensemble.noise(seen, seen.model.posterior(), (5,), "test")
    passes = Repeated(seen, weight, (x, {"pixel": x}), noise, False)
    assert passes(noise).device.type == DEVICE.type
