"""Steps of gradient descent, in the order of operations of torch.optim.

    SGD     v <- mu v + g (initially v = g),  w <- w - lr v        (Nesterov: w - lr (g + mu v))
    Adam    m <- b1 m + (1 - b1) g,   s <- b2 s + (1 - b2) g^2
            w <- w - lr m / (1 - b1^t) / ( sqrt(s / (1 - b2^t)) + eps )

Sutskever et al., "On the importance of initialization and momentum" (2013); Kingma & Ba,
"Adam" (2015), algorithm 1, with eps added after the corrected root.
"""

import numpy as np

from reference.arrays import chosen, count, equal_shapes, non_negative, number, real, refuse
from reference.errors import ShapeError


@np.errstate(all="ignore")
def sgd_step(weight, gradient, velocity=None, lr=0.1, momentum=0.0, nesterov=False):
    """One step of descent with momentum.

    weight, gradient: equal shapes. velocity: that of the previous step, initially None.
    Returns (weight, velocity).

    >>> [float(v) for v in sgd_step(1.0, 2.0, 4.0, lr=0.5, momentum=0.5)]
    [-1.0, 4.0]
    """
    weight, gradient = equal_shapes(
        weight=real("weight", weight), gradient=real("gradient", gradient)
    )
    lr, momentum = number("lr", lr), number("momentum", momentum)
    if velocity is not None:
        _, velocity = equal_shapes(weight=weight, velocity=real("velocity", velocity))
    velocity = gradient if velocity is None else momentum * velocity + gradient
    step = gradient + momentum * velocity if nesterov else velocity
    return weight - lr * step, velocity


@np.errstate(all="ignore")
def adam_step(weight, gradient, state=None, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    """One step of Adam.

    weight, gradient: equal shapes. state: (m, s, t) of the previous step, initially None.
    Returns (weight, state). The first step is lr times the sign of the gradient, up to eps.

    >>> w, state = adam_step(1.0, 4.0, lr=0.5, eps=0.0)
    >>> float(w), state[2]
    (0.5, 1)
    """
    weight, gradient = equal_shapes(
        weight=real("weight", weight), gradient=real("gradient", gradient)
    )
    lr, eps = number("lr", lr), number("eps", eps)
    betas = real("betas", betas)
    if betas.shape != (2,):
        raise ShapeError(f"betas must be two numbers: shape {betas.shape}")
    refuse("betas", betas, (betas < 0) | (betas >= 1), "in [0, 1)")
    refuse("gradient", gradient, np.abs(gradient) > 1e150, "at most 1e150, as it is squared")
    m, s, t = (np.zeros_like(weight), np.zeros_like(weight), 0) if state is None else state
    _, m, s = equal_shapes(weight=weight, state=real("state", m), s=non_negative("state", s))
    t = count("state", t, 0) + 1
    m = betas[0] * m + (1 - betas[0]) * gradient
    s = betas[1] * s + (1 - betas[1]) * gradient**2
    corrected = np.sqrt(s / (1 - betas[1] ** t)) + eps
    step = np.where(m == 0, 0.0, m / (1 - betas[0] ** t) / corrected)
    return weight - lr * step, (m, s, t)


STEPS = {"sgd": sgd_step, "adam": adam_step}


def descend(parameters, gradients, states, name, arguments):
    """One step of every parameter of a network.

    parameters, gradients: dictionaries with equal keys. states: those of the previous step,
    initially {}. name: sgd or adam. arguments: lr etc.
    Returns (parameters, states).

    >>> descend({"w": 1.0}, {"w": 2.0}, {}, "sgd", {"lr": 0.5})[0]
    {'w': np.float64(0.0)}
    """
    chosen("name", name, STEPS)
    if gradients.keys() != parameters.keys():
        raise ValueError(f"gradients must be of {', '.join(parameters)}: {', '.join(gradients)}")
    moved, after = {}, {}
    for key, value in parameters.items():
        equal_shapes(
            parameters=real("parameters", value), gradients=real("gradients", gradients[key])
        )
        moved[key], after[key] = STEPS[name](value, gradients[key], states.get(key), **arguments)
    return moved, after
