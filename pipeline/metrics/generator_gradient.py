"""The norm of the generator's gradient while the discriminator improves.

    | d/dw mean_z L(G_w(z)) |,    the norm over all weights w of the generator

Arjovsky & Bottou, "Towards Principled Methods for Training Generative Adversarial Networks"
(2017), theorem 2.4 and figure 2: G is kept at its initial weights, D is trained, and the gradient
of log(1 - D(G(z))) goes to 0 as D goes to D*. The loss is the model's own, with the same latents
at every snapshot; its real examples, where it needs any, are training images, as many, again from
the first where there are fewer.

All is in float64: the gradient of log(1 - D) in the logit a is -1 / (1 + exp(-a)), which rounds to
0 in float32 below a = -104.
"""

import torch
from torch import Tensor
from torch.func import grad

from pipeline.engine.ensemble import Batch, Nets, Noise
from pipeline.metrics import Found, Measured, Run, Series, in_double
from pipeline.models import roles

NEEDS = (roles.Game,)
SNAPSHOTS = 2
VALUES = ("decades_lost", "norm_by_round", "norm_first", "norm_last")
LATENTS = 1_024


def gradient_norm(gradients: Tensor) -> Tensor:
    """The Euclidean norm of a gradient, also where its squares underflow.

    gradients: with respect to all weights, shape (P,).
    Returns shape (), in their unit.
    """
    largest = gradients.abs().amax()
    return largest * (gradients / torch.where(largest > 0, largest, 1)).square().sum().sqrt()


def decades_lost(first: Tensor, last: Tensor) -> Tensor:
    """log10(first / last): by how many powers of ten the gradient has fallen.

    first, last: norms above 0, of the same shape.
    Returns their shape.
    """
    return first.log10() - last.log10()


def measure(run: Run) -> Found:
    batch = {name: v[torch.arange(LATENTS) % len(v)] for name, v in run.train.items()}
    batch["x"] = batch["x"].double()
    _, generator = run.model.pair()
    drawn = run.ensemble.noise(generator.noise, (LATENTS,), "evaluate/gradient")
    noise = {name: t.double() if t.is_floating_point() else t for name, t in drawn.items()}
    gradients = [_gradients(run.at(i), batch, noise) for i in range(len(run.snapshots))]
    first, last = gradients[1], gradients[-1]
    unit = "of the loss, by the weights"

    def steep(values: Tensor, played: int) -> Measured:
        title = f"the generator's gradient after {played:,} rounds"
        return Measured(title, unit, values.tolist(), None, "", "higher")

    return {
        "norm_first": steep(first, run.snapshots[1]),
        "norm_last": steep(last, run.snapshots[-1]),
        "decades_lost": Measured(
            title="decades of the generator's gradient norm lost between the two",
            unit="powers of ten",
            values=decades_lost(first, last).tolist(),
            reference=0.0,
            reference_is="a loss whose gradient stays",
            better="lower",
        ),
        "norm_by_round": Series(
            title="the generator's gradient",
            unit=unit,
            rounds=run.snapshots,
            values=torch.stack(gradients, 1).tolist(),
            reference=None,
            reference_is="",
            log=True,
        ),
    }


def _gradients(run: Run, batch: Batch, noise: Noise) -> Tensor:
    """The norm of the generator's gradient in each replica, (R,)."""
    _, generator = run.model.pair()

    def one(net: Nets, noise: Noise) -> Tensor:
        net = in_double(net)

        def loss(weights: dict[str, Tensor]) -> Tensor:
            # Adding an empty sum copies a tensor, and `grad` lets a copy be written to: a loss
            # may store what its next round starts from, such as a power iteration.
            empty = next(iter(weights.values())).flatten()[:0].detach().sum()
            state = {
                n: {k: t + empty.to(t.dtype) for k, t in tensors.items()}
                for n, tensors in net.state.items()
            }
            moved = net.replace(**state | {"generator": state["generator"] | weights})
            terms = generator.loss(moved, batch, noise)
            return torch.stack([term.mean() for term in terms.values()]).sum()

        names = dict(net.modules["generator"].named_parameters())  # buffers have no gradient
        gradients = grad(loss)({name: net.state["generator"][name] for name in names})
        return gradient_norm(torch.cat([gradient.flatten() for gradient in gradients.values()]))

    norms: Tensor = run.ensemble.each(one, noise)
    return norms
