"""Convolution of images, its adjoint, and upsampling, by sums over the kernel's cells.

    y[b, o, i, j] = bias_o + sum_{c, p, q} w[o, c, p, q] x[b, c, s i + p - pad, s j + q - pad]

This is cross-correlation, as in every library. The transposed convolution is its adjoint:
<conv(x), y> = <x, conv_transpose(y)>. Dumoulin & Visin, "A guide to convolution arithmetic for
deep learning" (2016), relations 6 and 13.
"""

import numpy as np

from reference.arrays import count, dimensions, real
from reference.errors import ShapeError


def _sizes(x, kernel, stride, padding):
    sizes = [(n + 2 * padding - k) // stride + 1 for n, k in zip(x, kernel, strict=True)]
    if min(sizes) < 1:
        raise ShapeError(f"a weight of {tuple(kernel)} does not fit images {tuple(x)}")
    return sizes


def _windows(padded, sizes, kernel, stride):
    """For each cell of the kernel, the part of the padded images that it is multiplied with."""
    for p in range(kernel[0]):
        for q in range(kernel[1]):
            rows = slice(p, p + stride * (sizes[0] - 1) + 1, stride)
            columns = slice(q, q + stride * (sizes[1] - 1) + 1, stride)
            yield p, q, (..., rows, columns)


def _with_bias(y, bias):
    if bias is None:
        return y
    bias = dimensions("bias", real("bias", bias), 1)
    if len(bias) != y.shape[1]:
        raise ShapeError(f"bias {bias.shape} is not of {y.shape[1]} channels")
    return y + bias[:, None, None]


@np.errstate(all="ignore")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    """The convolution of a batch of images.

    x: shape (B, C, H, W). weight: shape (O, C, P, Q). bias: shape (O,), 0 unless given.
    Returns shape (B, O, H', W') with H' = (H + 2 padding - P) // stride + 1.

    >>> conv2d(np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2))).tolist()
    [[[[4.0]]]]
    """
    x, weight = dimensions("x", real("x", x), 4), dimensions("weight", real("weight", weight), 4)
    stride, padding = count("stride", stride), count("padding", padding, 0)
    if x.shape[1] != weight.shape[1]:
        raise ShapeError(f"x {x.shape} and weight {weight.shape} differ in channels")
    sizes = _sizes(x.shape[2:], weight.shape[2:], stride, padding)
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    y = np.zeros((len(x), len(weight), *sizes))
    for p, q, part in _windows(padded, sizes, weight.shape[2:], stride):
        y += np.einsum("bchw,oc->bohw", padded[part], weight[:, :, p, q])
    return _with_bias(y, bias)


@np.errstate(all="ignore")
def conv2d_backward(x, weight, gradient, stride=1, padding=0):
    """dL/dx, dL/dw and dL/db from dL/dy.

    gradient: dL/dy, shape (B, O, H', W').
    Returns shapes of x, of weight, and (O,).

    >>> dx, dw, db = conv2d_backward(np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)),
    ...                              np.ones((1, 1, 1, 1)))
    >>> float(dx.sum()), float(dw.sum()), db.tolist()
    (4.0, 4.0, [1.0])
    """
    x, weight = dimensions("x", real("x", x), 4), dimensions("weight", real("weight", weight), 4)
    gradient = dimensions("gradient", real("gradient", gradient), 4)
    stride, padding = count("stride", stride), count("padding", padding, 0)
    sizes = _sizes(x.shape[2:], weight.shape[2:], stride, padding)
    if x.shape[1] != weight.shape[1] or gradient.shape != (len(x), len(weight), *sizes):
        shapes = f"x {x.shape}, weight {weight.shape}, gradient {gradient.shape}"
        raise ShapeError(f"shapes do not fit: {shapes}")
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dx, dw = np.zeros_like(padded), np.zeros(np.shape(weight))
    for p, q, part in _windows(padded, sizes, np.shape(weight)[2:], stride):
        dx[part] += np.einsum("bohw,oc->bchw", gradient, weight[:, :, p, q])
        dw[:, :, p, q] = np.einsum("bohw,bchw->oc", gradient, padded[part])
    height, width = padded.shape[2] - padding, padded.shape[3] - padding
    return dx[:, :, padding:height, padding:width], dw, gradient.sum((0, 2, 3))


@np.errstate(all="ignore")
def conv_transpose2d(y, weight, bias=None, stride=1, padding=0):
    """The adjoint of conv2d: each pixel is distributed to the pixels that it was summed from.

    y: shape (B, O, H, W). weight: shape (O, C, P, Q). bias: shape (C,), 0 unless given.
    Returns shape (B, C, H', W') with H' = (H - 1) stride - 2 padding + P.

    >>> conv_transpose2d(np.ones((1, 1, 1, 1)), np.ones((1, 1, 2, 2))).tolist()
    [[[[1.0, 1.0], [1.0, 1.0]]]]
    """
    y, weight = dimensions("y", real("y", y), 4), dimensions("weight", real("weight", weight), 4)
    stride, padding = count("stride", stride), count("padding", padding, 0)
    if y.shape[1] != weight.shape[0]:
        raise ShapeError(f"y {y.shape} and weight {weight.shape} differ in channels")
    kernel = weight.shape[2:]
    full = [(n - 1) * stride + k for n, k in zip(y.shape[2:], kernel, strict=True)]
    if min(full) <= 2 * padding:
        raise ShapeError(f"padding {padding} leaves nothing of {tuple(full)}")
    x = np.zeros((len(y), weight.shape[1], *full))
    for p, q, part in _windows(x, y.shape[2:], kernel, stride):
        x[part] += np.einsum("bohw,oc->bchw", y, weight[:, :, p, q])
    x = x[:, :, padding : full[0] - padding, padding : full[1] - padding]
    return _with_bias(x, bias)


def upsample_nearest(x, factor=2):
    """Each pixel repeated factor x factor times.

    x: shape (B, C, H, W).
    Returns shape (B, C, factor H, factor W).

    >>> upsample_nearest(np.ones((1, 1, 1, 1)), 2).shape
    (1, 1, 2, 2)
    """
    x, factor = dimensions("x", real("x", x), 4), count("factor", factor)
    return x.repeat(factor, 2).repeat(factor, 3)
