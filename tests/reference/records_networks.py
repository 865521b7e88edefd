"""Records of the layers of networks, and whole training steps."""

import numpy as np

from tests.reference.definitions_networks import (
    CODES,
    IMAGE,
    KERNEL,
    NETS,
    adam,
    algorithm1,
    away,
    convolved,
    dense,
    elbo_and_slopes,
    first_largest,
    judged,
    loss_and,
    made,
    n,
    net,
    normalised,
    normalised_slopes,
    powered,
    rounded_slopes,
    subsets,
    transposed,
    two_codes,
    two_nets,
    vae_steps,
    waves,
    with_gradient,
)
from tests.reference.exact import exp, gradient, precise, slopes, softmax, tanh
from tests.reference.record import Record

RECORDS = {
    "layers.linear": Record(n((3, 2), (2, 2), (2,)), precise(lambda x, w, b: x @ w.T + b, 700)),
    "linear_backward": Record(
        n((3, 2), (2, 2), (3, 2)),
        lambda x, w, g: (
            *gradient(lambda x, w, g: (x @ w.T) * g, 0, 1)(x, w, g),
            precise(lambda g: g.sum(0), 700)(g),
        ),
        atol=1e-300,
    ),
    "fourier_features": Record(lambda r: [r.normal(size=(2, 2)), 3], precise(waves, 400)),
    "leaky_relu": Record(n((4,)), precise(lambda x, s=0.2: np.where(x > 0, x, s * x))),
    "leaky_relu_backward": Record(
        with_gradient(away(4)), precise(lambda x, g, s=0.2: np.where(x > 0, g, s * g))
    ),
    "relu": Record(n((4,)), precise(lambda x: np.where(x > 0, x, 0 * x))),
    "relu_backward": Record(
        with_gradient(away(4)), precise(lambda x, g: np.where(x > 0, g, 0 * g))
    ),
    "tanh": Record(n((4,)), precise(lambda x: tanh(x))),
    "tanh_backward": Record(
        with_gradient(n((4,))), precise(lambda x, g: 4 * g / (exp(x) + exp(-x)) ** 2), atol=1e-300
    ),
    "layers.sigmoid": Record(n((4,)), precise(lambda x: 1 / (1 + exp(-x))), atol=1e-300),
    "sigmoid_backward": Record(
        with_gradient(n((4,))),
        precise(lambda x, g: g / (1 + exp(-x)) / (1 + exp(x))),
        atol=1e-300,
    ),
    "maxout": Record(
        lambda r: [r.normal(size=(2, 4)), 2],
        lambda x, k: np.stack([x[..., i :: int(k)] for i in range(int(k))]).max(0),
    ),
    "maxout_backward": Record(
        lambda r: [r.normal(size=(2, 4)), r.normal(size=(2, 2)), 2], precise(first_largest)
    ),
    "dropout": Record(
        lambda r: [r.normal(size=4), r.integers(0, 2, 4), 0.25],
        precise(lambda x, mask, rate: x * mask / (1 - rate)),
    ),
    "embedding": Record(
        lambda r: [r.integers(0, 3, 4), r.normal(size=(3, 2))],
        lambda label, table: np.array(table[label.astype(int)]),
    ),
    "softmax_ce_backward": Record(
        lambda r: [r.normal(size=(3, 2)), r.integers(0, 2, 3)],
        precise(lambda a, y: (softmax(a) - np.eye(a.shape[1])[y.astype(int)]) / len(a), 700),
        atol=1e-300,
    ),
    "batchnorm": Record(
        lambda r: [*n((3, 2), (2,), (2,), (2,))(r), r.uniform(0.1, 2, 2), True],
        precise(normalised, 700),
    ),
    "batchnorm_backward": Record(
        n((3, 2), (2,), (3, 2)),
        precise(normalised_slopes, 1300),
        atol=rounded_slopes,
    ),
    "power_iteration": Record(lambda r: [*n((2, 3), (2,))(r), 3], precise(powered)),
    "conv2d": Record(lambda r: [*n(IMAGE, KERNEL, (2,))(r), 1, 1], precise(convolved, 700)),
    "conv2d_backward": Record(
        lambda r: [*n((1, 1, 2, 3), (1, 1, 2, 2), (1, 1, 1, 2))(r), 1, 0],
        lambda x, w, g, *rest: (
            *gradient(lambda x, w, g: convolved(x, w, None, *rest) * g, 0, 1)(x, w, g),
            precise(lambda g: g.sum((0, 2, 3)), 700)(g),
        ),
        atol=1e-300,
    ),
    "conv_transpose2d": Record(
        lambda r: [*n((1, 2, 2, 2), KERNEL, (2,))(r), 2, 1], precise(transposed, 700)
    ),
    "upsample_nearest": Record(
        lambda r: [r.normal(size=(1, 2, 2, 1)), 2],
        lambda x, k: x.repeat(int(k), 2).repeat(int(k), 3),
    ),
    "mlp_layers": Record(
        lambda r: [3, "tanh"],
        lambda depth, last: ("linear", *("leaky_relu", "linear") * (int(depth) - 1), last),
    ),
    "forward": Record(
        lambda r: [("linear", "tanh"), dense(r, 2, 1), r.normal(size=(3, 2))],
        precise(lambda chain, w, x: (net(chain, w, x), x, net(chain[:1], w, x))),
    ),
    "backward": Record(
        lambda r: [("linear",), dense(r, 2, 1), [r.normal(size=(3, 2))], r.normal(size=(3, 1))],
        precise(
            lambda chain, w, tape, g: slopes(
                lambda c, w, tape, g: (net(c, w, tape[0]) * g).sum(),
                (chain, w, tape, g),
                [(2, 0), (1, "0.weight"), (1, "0.bias")],
            ),
            700,
        ),
    ),
    "sgd_step": Record(
        lambda r: [*n((3,), (3,), (3,))(r), 0.1, 0.5, True],
        precise(lambda w, g, v, lr, m, nesterov: (w - lr * (g + m * (m * v + g)), m * v + g)),
    ),
    "adam_step": Record(
        lambda r: [*n((3,), (3,))(r), (r.normal(size=3), r.uniform(0.1, 1, 3), 2), 0.1],
        precise(adam),
    ),
    "descend": Record(
        lambda r: [{"w": r.normal(size=2)}, {"w": r.normal(size=2)}, {}, "sgd", {"lr": 0.5}],
        precise(lambda w, g, s, name, kwargs: (w["w"] - kwargs["lr"] * g["w"], g["w"])),
    ),
    "discriminator_gradients": Record(
        lambda r: [NETS, two_nets(r), *n((2, 2), (2, 1))(r)],
        loss_and(judged, "discriminator"),
        atol=1e-15,
    ),
    "generator_gradients": Record(
        lambda r: [NETS, two_nets(r), *n((2, 1))(r)], loss_and(made, "generator"), atol=1e-15
    ),
    "algorithm1_trace": Record(
        lambda r: [
            NETS,
            two_nets(r),
            [([tuple(n((2, 2), (2, 1))(r))], r.normal(size=(2, 1)))],
            ("sgd", {"lr": 0.5}),
        ],
        precise(algorithm1, 700),
        atol=1e-15,
    ),
    "vae_gradients": Record(
        lambda r: [CODES, two_codes(r), *n((2, 2), (2, 1))(r), "gaussian", 0.3],
        precise(elbo_and_slopes, 700),
        atol=1e-15,
    ),
    "vae_step_trace": Record(
        lambda r: [
            CODES,
            two_codes(r),
            [(r.uniform(0, 1, (2, 2)), r.normal(size=(2, 1)))],
            ("sgd", {"lr": 0.5}),
            "bernoulli",
        ],
        precise(vae_steps, 700),
        atol=1e-15,
    ),
    "grad_enumerate": Record(lambda r: [r.normal(size=(4, 2)), 2], precise(subsets, 700)),
}
