"""A chain of layers and its gradients, with parameters named as in torch.nn.Sequential.

    forward    h_0 = x, h_i = f_i(h_i-1)          backward    from dL/dh_n to dL/dx and dL/dw

Parameters are a dictionary {"0.weight": (outputs, inputs), "0.bias": (outputs,), "2.weight"
...}, where the number is the position of the layer in the chain.
"""

from reference.arrays import real
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
    chain = ("linear", *("leaky_relu", "linear") * (depth - 1))
    return chain if last is None else (*chain, last)


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
        if name == "linear":
            h = layers.linear(h, parameters[f"{i}.weight"], parameters[f"{i}.bias"])
        elif name in ELEMENTWISE:
            h = ELEMENTWISE[name][0](h)
        else:
            raise ValueError(f"layer must be linear or one of {', '.join(ELEMENTWISE)}: {name!r}")
    return h, tape


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
    gradients = {}
    for i, name in reversed(list(enumerate(chain))):
        if name == "linear":
            weight = real("weight", parameters[f"{i}.weight"])
            gradient, gradients[f"{i}.weight"], gradients[f"{i}.bias"] = layers.linear_backward(
                tape[i], weight, gradient
            )
        else:
            gradient = ELEMENTWISE[name][1](tape[i], gradient)
    return gradient, gradients
