"""How steep the generator's loss is for the generator, as the discriminator gets ahead of it.

    | d/dw mean_z L(G_w(z)) |,    the norm over all weights w of the generator

Arjovsky & Bottou, "Towards Principled Methods for Training Generative Adversarial Networks"
(2017), theorem 2.4 and figure 2: while G stays as it began, D is trained, and the slope of
log(1 - D(G(z))) goes to 0 as D goes to D*. The loss is the model's own, its latents are alike at
every moment, and its real examples, where it has any, are training images.

All is in float64: the slope of log(1 - D) in the logit a is -1 / (1 + exp(-a)), which float32
cannot tell from 0 below a = -104, where nothing but its digits is lost.
"""

import torch
from torch import Tensor
from torch.func import grad

from pipeline.metrics import Measured, Series, in_double

NEEDS = ("generator_loss",)
MOMENTS = 2
LATENTS = 1_024


def slope_norm(slopes: Tensor) -> Tensor:
    """The Euclidean norm of a gradient, also where its squares underflow.

    slopes: of all weights, shape (P,).
    Returns shape (), in their unit.
    """
    largest = slopes.abs().amax()
    return largest * (slopes / torch.where(largest > 0, largest, 1)).square().sum().sqrt()


def decades_lost(first: Tensor, last: Tensor) -> Tensor:
    """How many powers of ten the later slope is below the earlier one: log10(first / last).

    first, last: norms above 0, one shape.
    Returns their shape.
    """
    return first.log10() - last.log10()


def measure(run):
    batch = {name: values[:LATENTS] for name, values in run.train.items()}
    batch["x"] = batch["x"].double()
    drawn = run.ensemble.noise(run.model.prior(), (len(batch["x"]),), "evaluate/slope")
    noise = {name: t.double() if t.is_floating_point() else t for name, t in drawn.items()}
    slopes = [_slopes(run.at(i), batch, noise) for i in range(len(run.moments))]
    first, last = slopes[1], slopes[-1]
    unit = "of the loss, by the weights"

    def steep(values, played):
        title = f"the generator's slope after {played:,} rounds"
        return Measured(title, unit, values.tolist(), None, "", "higher")

    return {
        "slope_first": steep(first, run.moments[1]),
        "slope_last": steep(last, run.moments[-1]),
        "decades_lost": Measured(
            title="lost of the generator's slope between the two",
            unit="powers of ten",
            values=decades_lost(first, last).tolist(),
            known=0.0,
            known_is="a loss whose slope stays",
            better="lower",
        ),
        "slope_by_round": Series(
            title="the generator's slope",
            unit=unit,
            rounds=run.moments,
            values=torch.stack(slopes, 1).tolist(),
            known=None,
            known_is="",
            log=True,
        ),
    }


def _slopes(run, batch, noise):
    """The norm of the gradient in every replica, (R,)."""

    def one(net, noise):
        net = in_double(net)

        def loss(weights):
            moved = net.replace(generator=net.state["generator"] | weights)
            terms = run.model.generator_loss(moved, batch, noise)
            return sum(term.mean() for term in terms.values())

        names = dict(net.modules["generator"].named_parameters())  # buffers have no slope
        slopes = grad(loss)({name: net.state["generator"][name] for name in names})
        return slope_norm(torch.cat([slope.flatten() for slope in slopes.values()]))

    return run.ensemble.each(one, noise)
