"""A chain of layers and its gradients, with parameters named as in torch.nn.Sequential.

    forward    h_0 = x, h_i = f_i(h_i-1)          backward    from dL/dh_n to dL/dx and dL/dw

Parameters are a dictionary {"0.weight": (outputs, inputs), "0.bias": (outputs,), "2.weight"
...}, where the number is the position of the layer in the chain.
"""

import numpy as np

from reference.arrays import chosen, count, dimensions, real
from reference.errors import DomainError, ShapeError
from reference.nn import layers

ELEMENTWISE = {
    "leaky_relu": (layers.leaky_relu, layers.leaky_relu_backward),
    "relu": (layers.relu, layers.relu_backward),
    "tanh": (layers.tanh, layers.tanh_backward),
    "sigmoid": (layers.sigmoid, layers.sigmoid_backward),
}


def mlp_layers(depth, last=None):
    """A chain of `depth` linear layers with LeakyReLU between them, and an optional last layer.

    >>> mlp_layers(2, "tanh")
    ('linear', 'leaky_relu', 'linear', 'tanh')
    """
    chain = ("linear", *("leaky_relu", "linear") * (count("depth", depth) - 1))
    return chain if last is None else (*chain, chosen("last", last, ELEMENTWISE))


def _weights(parameters, i):
    """Weight and bias of layer i."""
    for key in (f"{i}.weight", f"{i}.bias"):
        if key not in parameters:
            raise ValueError(f"parameters must hold {key}: {', '.join(parameters) or 'none'}")
    weight = dimensions("weight", real("weight", parameters[f"{i}.weight"]), 2)
    bias = real("bias", parameters[f"{i}.bias"])
    if bias.shape != weight.shape[:1]:
        raise ShapeError(f"weight {weight.shape} and bias {bias.shape} do not fit")
    return weight, bias


def _check(h, what):
    if not np.isfinite(h).all():
        raise DomainError(f"parameters and x must be such that {what} are finite")


@np.errstate(all="ignore")
def forward(chain, parameters, x):
    """The output of the chain for x, and the inputs of all its layers.

    chain: names of layers, "linear" or a key of ELEMENTWISE. parameters: as above.
    x: shape (B, inputs).
    Returns (y, tape): y of shape (B, outputs), tape a list with one array per layer.

    >>> parameters = {"0.weight": [[2.0]], "0.bias": [1.0]}
    >>> forward(("linear", "relu"), parameters, [[3.0]])[0].tolist()
    [[7.0]]
    """
    h, tape = real("x", x), []
    for i, name in enumerate(chain):
        tape.append(h)
        if chosen("chain", name, ("linear", *ELEMENTWISE)) == "linear":
            h = layers.linear(h, *_weights(parameters, i))
        else:
            h = ELEMENTWISE[name][0](h)
        _check(h, f"the values of layer {i}")
    return h, tape


@np.errstate(all="ignore")
def backward(chain, parameters, tape, gradient):
    """dL/dx and the gradient of every parameter, from dL/dy.

    tape: of `forward`. gradient: dL/dy, shape (B, outputs).
    Returns (dL/dx, gradients): shape (B, inputs), and a dictionary with the keys of parameters.

    >>> parameters = {"0.weight": [[2.0]], "0.bias": [1.0]}
    >>> y, tape = forward(("linear",), parameters, [[3.0]])
    >>> dx, gradients = backward(("linear",), parameters, tape, y)
    >>> dx.tolist(), gradients["0.weight"].tolist()
    ([[14.0]], [[21.0]])
    """
    if len(tape) != len(chain):
        raise ShapeError(f"tape must hold one array a layer: {len(tape)} for {len(chain)}")
    tape = [dimensions("tape", real("tape", h), 2) for h in tape]
    gradients = {}
    for i, name in reversed(list(enumerate(chain))):
        if chosen("chain", name, ("linear", *ELEMENTWISE)) == "linear":
            weight, _ = _weights(parameters, i)
            gradient, gradients[f"{i}.weight"], gradients[f"{i}.bias"] = layers.linear_backward(
                tape[i], weight, gradient
            )
        else:
            gradient = ELEMENTWISE[name][1](tape[i], gradient)
        _check(gradient, f"the gradient in layer {i}")
    return gradient, gradients
