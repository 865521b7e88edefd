"""How even and how straight the decoded path between two images is.

    linear       z(t) = (1 - t) a + t b
    spherical    z(t) = [ sin((1 - t) w) a + sin(t w) b ] / sin w,    w the angle of a and b

White, "Sampling Generative Networks" (2016), section 2.2, after Shoemake, "Animating rotation
with quaternion curves" (1985). a and b are the codes of two test images; the decoded path has
POINTS points. Cross-fading the pixels gives a straight, even path, with step ratio and detour 1,
but its images are not realistic. So the evaluation classifier's entropy at the midpoint is
measured as well.
"""

import torch
from torch import Tensor, vmap

from pipeline.engine.randomness import Integers, draw
from pipeline.metrics import Found, Measured, Run
from pipeline.models import roles

NEEDS = (roles.Autoencoder,)
CLASSIFIER = "all"
VALUES = (
    *("linear_detour", "linear_doubt", "linear_step_ratio", "spherical_detour", "spherical_doubt"),
    *("spherical_step_ratio",),
)
PAIRS, POINTS = 500, 11
PAIRS_SEED = 0


def linear(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """z(t) = (1 - t) a + t b: points on the straight line from a to b.

    a, b: shape (m,). t: in [0, 1], shape (T,).
    Returns shape (T, m).
    """
    return torch.lerp(a, b, t[:, None])


def spherical(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Points that rotate from a to b at a constant rate; the straight line if they are parallel.

    a, b: shape (m,), neither 0, not opposite. t: in [0, 1], shape (T,).
    Returns shape (T, m).
    """
    u, v = a / a.norm(), b / b.norm()
    w = 2 * torch.atan2((u - v).norm(), (u + v).norm())  # acos(u'v) is inaccurate near 0
    t = t[:, None]
    turned = (((1 - t) * w).sin() * a + (t * w).sin() * b) / w.sin()
    return torch.where(w > 0, turned, torch.lerp(a, b, t))


def path_length(x: Tensor) -> Tensor:
    """Length of a path through points, sum |x_i+1 - x_i|.

    x: shape (n, d).
    Returns shape ().
    """
    return _steps(x).sum()


def detour(x: Tensor) -> Tensor:
    """The length of a path over the distance of its ends: 1 for a straight path.

    x: shape (n, d), the ends apart.
    Returns shape ().
    """
    ends: Tensor = (x[-1] - x[0]).norm()
    return path_length(x) / ends


def max_step_ratio(x: Tensor) -> Tensor:
    """The longest step of a path over its mean step: 1 for equal steps, n - 1 for one jump.

    x: shape (n, d), n at least 2, not all points equal.
    Returns shape ().
    """
    return _steps(x).max() / _steps(x).mean()


def _steps(x: Tensor) -> Tensor:
    steps: Tensor = x.diff(dim=0).norm(dim=-1)
    return steps


def measure(run: Run) -> Found:
    x = run.test["x"]
    distribution = Integers(len(x), (2,))
    first, second = draw(distribution, (PAIRS,), PAIRS_SEED, "pairs", 0, x.device).T
    second = torch.where(first == second, (second + 1) % len(x), second)
    t = torch.linspace(0, 1, POINTS).to(x)
    codes = run.ensemble.each(run.model.code, x=x)
    fade = vmap(linear, (0, 0, None))(x[first], x[second], t)
    fading = _doubt(run, fade[:, POINTS // 2])
    found: dict[str, Measured] = {}
    for name, way in {"linear": linear, "spherical": spherical}.items():
        paths = vmap(vmap(way, (0, 0, None)), (0, 0, None))(codes[:, first], codes[:, second], t)
        made = run.ensemble.each(run.model.decode, paths.flatten(1, 2)).unflatten(1, (PAIRS, -1))
        pace = f"equal steps; a single jump: {POINTS - 1}"
        found |= {
            f"{name}_step_ratio": Measured(
                title=f"{name} path: longest step over mean step",
                unit="ratio",
                values=[vmap(max_step_ratio)(paths).mean().item() for paths in made.double()],
                reference=1.0,
                reference_is=pace,
                better="lower",
                least=0.0,
            ),
            f"{name}_detour": Measured(
                title=f"{name} path: length over distance of its ends",
                unit="ratio",
                values=[vmap(detour)(paths).mean().item() for paths in made.double()],
                reference=1.0,
                reference_is="a straight line",
                better="lower",
                least=0.0,
            ),
            f"{name}_doubt": Measured(
                title=f"{name} path: the classifier's entropy midway, over that of a fade",
                unit="ratio",
                values=[_doubt(run, paths[:, POINTS // 2]) / fading for paths in made],
                reference=1.0,
                reference_is=f"one image faded into the other, {fading:.4f} nats; "
                f"test images: {_doubt(run, x) / fading:.4f}",
                better="lower",
                least=0.0,
            ),
        }
    return found


def _doubt(run: Run, images: Tensor) -> float:
    """The mean entropy of the evaluation classifier's predictions, in nats."""
    entropies: Tensor = torch.special.entr(run.class_log_probabilities(images).double().exp()).sum(
        -1
    )
    return entropies.mean().item()
