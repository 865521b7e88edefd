"""A discriminator with two heads: their order, who is penalised for the class, and one softmax."""

import math

import pytest
import torch

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.models import auxiliary_gan

SIZE = {"features": 2, "latent": 3, "width": 6, "classes": 4}
MODEL = auxiliary_gan.Model(**SIZE)
RNG = torch.Generator().manual_seed(0)
BATCH = {"x": torch.randn(12, 2, generator=RNG), "label": torch.randint(4, (12,), generator=RNG)}
NOISE = {"z": torch.randn(12, 3, generator=RNG), "label": torch.randint(4, (12,), generator=RNG)}


def replica(model=MODEL):
    ensemble = Ensemble(model, [5])
    state = {n: {k: t[0].clone() for k, t in s.items()} for n, s in ensemble.state.items()}
    return Nets(ensemble.modules, state)


def says(*outputs):
    """Networks whose discriminator gives everything these outputs."""
    net = replica()
    fixed = {name: torch.zeros_like(w) for name, w in net.state["discriminator"].items()}
    return net.replace(discriminator=fixed | {"4.bias": torch.tensor(outputs)})


def test_who_knows_nothing_pays_log_four_and_twice_the_log_of_the_classes():
    terms = MODEL.discriminator_loss(says(0.0, 0.0, 0.0, 0.0, 0.0), BATCH, NOISE)
    known = {"minimax": math.log(4), "real_class": math.log(4), "fake_class": math.log(4)}
    assert {name: term.shape for name, term in terms.items()} == dict.fromkeys(known, (12,))
    for name, value in known.items():
        assert terms[name].tolist() == pytest.approx([value] * 12, rel=1e-6)
    told = MODEL.generator_loss(says(0.0, 0.0, 0.0, 0.0, 0.0), {}, NOISE)
    assert told["non_saturating"].tolist() == pytest.approx([math.log(2)] * 12, rel=1e-6)
    assert told["fake_class"].tolist() == pytest.approx([math.log(4)] * 12, rel=1e-6)


def test_the_first_output_is_of_real_the_others_of_the_classes():
    net = says(3.0, 0.0, 0.0, 40.0, 0.0)
    assert MODEL.logits(net, BATCH["x"]).tolist() == [3.0] * 12
    terms = MODEL.discriminator_loss(net, BATCH, NOISE)
    known = math.log1p(math.exp(-3)) + math.log1p(math.exp(3))
    assert terms["minimax"].tolist() == pytest.approx([known] * 12, rel=1e-5)
    for term, label in (("real_class", BATCH["label"]), ("fake_class", NOISE["label"])):
        assert torch.equal(terms[term] == 0, label == 2)
        assert terms[term][label != 2].tolist() == pytest.approx([40.0] * int((label != 2).sum()))


def test_the_softmax_is_taken_once():
    """Who is sure and right pays nothing. A softmax of a softmax is of numbers in [0, 1], and
    nobody could pay less than log(1 + (K - 1) / e): .744 of four classes."""
    sure = 60 * torch.eye(4)
    floor = math.log1p(3 / math.e)
    twice = torch.nn.functional.cross_entropy(sure.softmax(-1), torch.arange(4))
    assert twice.item() == pytest.approx(floor, rel=1e-6)
    terms = MODEL.discriminator_loss(says(0.0, 60.0, 0.0, 0.0, 0.0), BATCH, NOISE)
    assert terms["real_class"][BATCH["label"] == 0].max() < 1e-20 < floor


def test_both_players_pay_for_the_class_of_what_is_made():
    """By the same number, at the same networks and noise."""
    net = replica()
    judged, made = (
        MODEL.discriminator_loss(net, BATCH, NOISE),
        MODEL.generator_loss(net, {}, NOISE),
    )
    torch.testing.assert_close(judged["fake_class"], made["fake_class"])
    heavy = auxiliary_gan.Model(**SIZE, class_weight=3.0)
    for ours, known in (
        (heavy.discriminator_loss(net, BATCH, NOISE), judged),
        (heavy.generator_loss(net, {}, NOISE), made),
    ):
        for name, term in ours.items():
            factor = 3.0 if name.endswith("class") else 1.0
            torch.testing.assert_close(term, factor * known[name])


def test_the_discriminator_is_not_told():
    """A label of the data enters through the price of naming it and nowhere else."""
    net = replica()
    changed = BATCH | {"label": (BATCH["label"] + 1) % 4}
    ours, known = (MODEL.discriminator_loss(net, batch, NOISE) for batch in (changed, BATCH))
    assert torch.equal(ours["minimax"], known["minimax"])
    assert torch.equal(ours["fake_class"], known["fake_class"])
    assert (ours["real_class"] != known["real_class"]).all()
