"""Few labels: which are read and which are not, and what each game makes of the other examples."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.func import grad

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import (
    few_label_classifier,
    few_labels,
    m1_m2,
    m2,
    roles,
    self_training,
    semi_supervised_gan,
)
from pipeline.study.fields import with_lists

SIZE = {"features": 4, "classes": 3, "width": 8}
GAN = semi_supervised_gan.Model(**SIZE, latent=2)
M2 = m2.Model(**SIZE, latent=2)
MODELS = {
    "baseline": few_label_classifier.Model(**SIZE),
    "self_training": self_training.Model(**SIZE),
    "gan": GAN,
    "m2": M2,
    "m1_m2": m1_m2.Model(**SIZE, latent=2, code_size=2),
}
EVERY = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def few(rng, rows=6):
    """A pool of three label splits."""
    own = {name: torch.rand(rows, 4, generator=rng) * 2 - 1 for name in ("x", "s1", "s2")}
    return own | {"label": torch.arange(3).repeat(rows // 3)}


def begin(model, label=0, seeds=(4, 5), rounds=6):
    """A training. label: what stands at the unlabelled examples."""
    rng = torch.manual_seed(0)
    x = torch.rand(30, 4, generator=rng) * 2 - 1
    train = {"x": x, "label": torch.full((30,), label)}
    step = optimizer("adam", lr=0.01)
    pools = {"few": few(rng)}
    return Training(Ensemble(model, seeds), train, 6, step, rounds=rounds, pools=pools)


def drawn(model, player=0, count=6):
    """The networks of one replica, a batch and the noise of a player's step."""
    ensemble, rng = Ensemble(model, [5]), torch.manual_seed(1)
    noise = ensemble.noise(model.players()[player].noise, (count,), "test")
    state = {n: {k: t[0].clone() for k, t in s.items()} for n, s in ensemble.state.items()}
    batch = {f"labelled_{name}": t for name, t in few(rng, count).items()}
    batch |= {"x": torch.rand(count, 4, generator=rng) * 2 - 1, "progress": torch.tensor(0.5)}
    return Nets(ensemble.modules, state), batch, {n: t[0] for n, t in noise.items()}


def weights(begun):
    return torch.cat([w for _, w in sorted(begun.ensemble.weights.items())], 1)


@EVERY
def test_no_label_is_read_but_the_few(model):
    """Other labels at the other examples: every weight ends at the same bits."""
    ends = []
    for label in (0, 2):
        begun = begin(model, label)
        for _ in begun.play(6):
            pass
        ends.append(weights(begun))
    assert torch.equal(*ends)
    for player in model.players():
        assert set(player.draws.values()) <= {"train", "few"}


@pytest.mark.parametrize("name", MODELS)
def test_a_replica_reads_its_own_split(name, double):
    """Of splits 0 and 2 side by side the second ends where it ends alone, with the other arrays
    of the pool spoiled, and the first elsewhere."""

    def end(split, seeds, spoiled=()):
        begun = begin(with_lists(type(MODELS[name])(**SIZE), {"split": split}), seeds=seeds)
        for array in spoiled:
            begun.pools["few"][array] = begun.pools["few"][array] + 9.0
        for _ in begun.play(6):
            pass
        return weights(begun)

    both, alone = end([0.0, 2.0], (5, 5)), end([2.0], (5,), ["s1", "x"])
    torch.testing.assert_close(both[1], alone[0], rtol=1e-9, atol=1e-9)
    assert (both[0] - both[1]).abs().max() > 1e-4


def test_a_split_that_is_not_there_ends_the_replica():
    _, batch, _ = drawn(GAN)
    for split, name in enumerate(("x", "s1", "s2")):
        x, label = few_labels.labelled(batch, float(split))
        assert torch.equal(x, batch[f"labelled_{name}"])
        assert torch.equal(label, batch["labelled_label"])
    assert few_labels.labelled(batch, 3.0)[0].isnan().all()


@EVERY
def test_the_softmax_is_taken_once(model):
    """Who is sure and right pays nothing for the class, where a second softmax would leave
    log(1 + 2 / e) = .55."""
    net, batch, noise = drawn(model, player=len(getattr(model, "phases", tuple)()) // 2)
    last = "head" if "head" in net.state else "classifier"
    bias = "bias" if last == "head" else "2.bias"
    sure = {k: torch.zeros_like(w) for k, w in net.state[last].items()}
    net = net.replace(**{last: sure | {bias: torch.tensor([0.0, 60.0, 0.0])}})
    loss = model.players()[-1 if last == "classifier" else 0].loss
    term = loss(net, batch, noise)["cross_entropy"]
    right = batch["labelled_label"] == 1
    assert term[right].max() < 1e-20
    assert term[~right].tolist() == pytest.approx([60.0] * 4)


def test_features_are_matched_and_no_logits():
    """The generator's loss is of the last hidden layer: the head does not enter it, and neither
    does a label. Where the two batches and their noise are equal, it is 0."""
    net, batch, noise = drawn(GAN, player=1)
    known = GAN.generator_loss(net, batch, noise)["feature_matching"]
    assert known.shape == ()
    assert known > 0
    other = {k: w + 1 for k, w in net.state["head"].items()}
    changed = GAN.generator_loss(net.replace(head=other), batch, noise)["feature_matching"]
    assert torch.equal(changed, known)
    made = GAN.generator_loss(net, {"x": batch["x"]}, noise)
    assert torch.equal(made["feature_matching"], known)
    same = noise | {n.replace("real", "fake"): e for n, e in noise.items() if "real" in n}
    x = {"x": GAN.sample(net, noise)}
    assert GAN.generator_loss(net, x, same)["feature_matching"] == 0
    slope = grad(
        lambda g: GAN.generator_loss(net.replace(generator=g), batch, noise)["feature_matching"]
    )(net.state["generator"])
    assert all((g != 0).any() for g in slope.values())


def test_each_batch_of_the_discriminator_has_its_part_of_the_loss():
    """The logits of the pass of all three at once are those of three passes."""
    net, batch, noise = drawn(GAN)
    terms = GAN.discriminator_loss(net, batch, noise)
    x = {"labelled": batch["labelled_x"], "real": batch["x"], "fake": GAN.sample(net, noise)}
    own, r, f = (net.head(GAN.hidden(net, x[name], noise, name)) for name in x)
    known = torch.nn.functional.cross_entropy(own, batch["labelled_label"], reduction="none")
    torch.testing.assert_close(terms["cross_entropy"], known)
    game = (1 + r.exp().sum(1)).log() - r.exp().sum(1).log() + (1 + f.exp().sum(1)).log()
    torch.testing.assert_close(terms["minimax"], game)
    torch.testing.assert_close(
        GAN.logits(net, x["real"]), GAN.class_logits(net, x["real"]).exp().sum(1).log()
    )


def test_own_answers_count_more_and_more_and_have_no_gradient():
    model = MODELS["self_training"]
    net, batch, noise = drawn(model)
    terms = [model.loss(net, batch | {"progress": torch.tensor(p)}, noise) for p in (0.0, 1.0)]
    assert terms[0]["own_class"].abs().max() == 0
    named = model.class_logits(net, batch["x"]).argmax(1)
    logits = net.head(model.hidden(net, batch["x"], noise, "unlabelled"))
    known = torch.nn.functional.cross_entropy(logits, named, reduction="none")
    torch.testing.assert_close(terms[1]["own_class"], known)
    torch.testing.assert_close(terms[1]["cross_entropy"], terms[0]["cross_entropy"])


def test_the_classes_are_summed(double):
    """U is the sum over all classes, each with its own draw of z, by the definition. No class is
    drawn: the noise has no integers, and a classifier that is sure of one class has its bound."""
    net, batch, noise = drawn(M2)
    assert {type(d).__name__ for d in M2.players()[0].noise.values()} == {"Normal", "Uniform"}
    u = (noise["pixel"] < (batch["x"] + 1) / 2).double()
    by_class = [M2.bound(net, u, torch.full((6,), y), noise["each"][:, y]) for y in range(3)]
    torch.testing.assert_close(M2.bounds(net, u, noise["each"]), torch.stack(by_class, 1))
    q = net.classifier(u).softmax(1)
    known = sum(q[:, y] * (by_class[y] + q[:, y].log()) for y in range(3))
    torch.testing.assert_close(M2.loss(net, batch, noise)["unlabelled"], known)


def test_the_bound_is_below_the_likelihood(double):
    """-L(x, y) <= log p(x, y), both by quadrature over one latent of a small network; equal where
    the decoder heeds no latent and the posterior is the prior."""
    model = m2.Model(4, 3, 5, latent=1)
    net, _, _ = drawn(model)
    nodes, shares = np.polynomial.hermite_e.hermegauss(40)
    e, p = torch.from_numpy(nodes)[:, None], torch.from_numpy(shares / shares.sum())
    x = torch.tensor([1.0, 0.0, 1.0, 1.0])

    def both(net, y):
        label = torch.full((40,), y)
        decoded = net.decoder(torch.cat([e, torch.eye(3)[label]], 1))
        pixels = (x * decoded.sigmoid() + (1 - x) * (-decoded).sigmoid()).prod(1)
        bound = -(p @ model.bound(net, x.expand(40, -1), label, e))
        return bound.item(), math.log(p @ pixels) - math.log(3)

    deaf = {k: w.clone() for k, w in net.state["decoder"].items()}
    deaf["0.weight"][:, 0] = 0
    blind = {k: 0 * w for k, w in net.state["encoder"].items()}
    for y in range(3):
        bound, exact = both(net, y)
        assert exact - 5 < bound < exact
        bound, exact = both(net.replace(decoder=deaf, encoder=blind), y)
        assert bound == pytest.approx(exact, rel=1e-12)


def test_labels_reach_m1_by_no_way():
    """In the second phase M1 stands still, and in the first no label is drawn."""
    model = MODELS["m1_m2"]
    first, second = model.players()
    assert set(first.draws.values()) == {"train"}
    assert set(first.moves) | set(second.moves) == set(model.networks())
    begun = begin(model)
    middle = []
    for stop in (3, 6):
        for _ in begun.play(stop):
            pass
        middle.append({n: w.clone() for n, w in begun.ensemble.weights.items()})
    for name in model.networks():
        moved = not torch.equal(middle[0][name], middle[1][name])
        assert moved == (name in second.moves), name


@EVERY
def test_their_roles(model):
    """No noise in use: an example's class does not change from call to call."""
    assert not roles.lacking(model, [roles.Classifier])
    generates = [roles.Sampler] if hasattr(model, "sample") else []
    encodes = [roles.Encoder] if hasattr(model, "code") else []
    assert not roles.lacking(model, generates + encodes)
    net, batch, _ = drawn(model)
    logits = model.class_logits(net, batch["x"])
    assert logits.shape == (6, 3)
    assert torch.equal(model.class_logits(net, batch["x"]), logits)
    if generates:
        noise = Ensemble(model, [1]).noise(model.prior(), (6,), "test")
        made = model.sample(net, {n: t[0] for n, t in noise.items()})
        assert made.shape == (6, 4)
        assert made.abs().max() <= 1


def test_the_class_that_is_asked_for_is_decoded():
    net = SimpleNamespace(decoder=lambda z: 50 * (z[:, 2:] @ torch.eye(3, 4)) - 25)
    noise = {"z": torch.zeros(3, 2), "label": torch.arange(3)}
    assert M2.sample(net, noise).argmax(1).tolist() == [0, 1, 2]
    assert M2.asked(noise).tolist() == [0, 1, 2]
