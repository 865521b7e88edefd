"""One image and what a pyramid of games makes of it: samples, pyramid, harmony, size, motion.

    samples        G(z) of every seed
    pyramid        what comes of noise below and only the image's own detail above, by the scale
    harmonised     an image with a patch of another one pasted in, given to the scales from n on
    enlarged       the middle of the image at (1 / ratio) of its sides: interpolated, and refined
    motion         frames of a walk in the latents of the coarsest scale

Shaham, Dekel & Michaeli, "SinGAN: Learning a Generative Model from a Single Natural Image" (2019),
figures 4, 8, 11, 13 and section 5. First seed, but for the samples.
"""

import math

import torch

from pipeline.figures import Sheet
from pipeline.models import roles
from pipeline.networks.pyramid import resized

NEEDS = (roles.Pyramid,)
COLUMNS, SEEDS, FRAMES = 6, 10, 8
STEP = 0.2  # of the walk, as a share of a new draw


def show(runs):
    return [
        sheet
        for name, run in runs.items()
        for sheet in (
            _samples(name, run),
            _pyramid(name, run),
            _edits(name, run),
            _walk(name, run),
        )
    ]


def _noise(run, count, stream):
    return run.ensemble.noise(run.model.prior(), (count,), f"shown/{stream}")


def _samples(name, run):
    made = run.ensemble.sample(COLUMNS - 1, "shown")[:SEEDS]
    image = run.train["x"][:1]
    return Sheet(
        title=f"Samples of one image: {name}",
        note="The image that was learned stands first in each row; a row a seed.",
        rows=[f"seed {seed}" for seed in run.seeds[:SEEDS]],
        images=torch.stack([torch.cat([image, own]) for own in made]),
    )


def _pyramid(name, run):
    noise = _noise(run, COLUMNS, "pyramid")
    image = run.train["x"][:1].expand(COLUMNS, -1)
    rows = {"whole pyramid": run.ensemble.each(run.model.sample, noise)[0]}
    for scale in range(1, run.model.scales):
        rows[f"from scale {scale}"] = run.ensemble.each(
            run.model.injected, _alike(run, image), noise, scale=scale
        )[0]
    return Sheet(
        title=f"From coarse to fine: {name}",
        note="The image is given at the size below the row's scale; finer scales are drawn.",
        rows=list(rows),
        images=torch.stack([*rows.values()]),
    )


def _alike(run, x):
    return x.expand(len(run.seeds), *x.shape)


def _edits(name, run):
    """Harmonisation of a pasted patch, and the image enlarged."""
    shape, model = run.dataset.shape, run.model
    height, width = shape
    image, others = run.train["x"][0], run.validation["x"][:COLUMNS]
    pasted = image.view(shape).repeat(len(others), 1, 1)
    top, left = height // 4, width // 4
    place = slice(top, top + height // 4), slice(left, left + width // 4)
    pasted[:, place[0], place[1]] = others.view(-1, *shape)[:, place[0], place[1]]
    pasted = pasted.flatten(1)
    noise = _noise(run, len(others), "edits")
    rows = {"pasted": pasted}
    for scale in range(1, model.scales):
        rows[f"harmonised from scale {scale}"] = run.ensemble.each(
            model.injected, _alike(run, pasted), noise, scale=scale
        )[0]
    to = tuple(round(side / model.ratio) for side in shape)
    given = image[None].expand(len(others), -1)
    fine = run.ensemble.each(model.enlarged, _alike(run, given), shape=shape, to=to)[0]
    for row, large in (("interpolated", resized(given, shape, to)), ("enlarged", fine)):
        rows[row] = _windows(large, to, shape)
    return Sheet(
        title=f"A patch made to fit, and a larger image: {name}",
        note=(
            f"Above, a patch of another image at row {top}, column {left}. Below, windows of the "
            f"image at {to[0]} by {to[1]} pixels."
        ),
        rows=list(rows),
        images=torch.stack([*rows.values()]),
    )


def _windows(x, shape, size):
    """From each image another window of the given size, along the diagonal, (n, features)."""
    free = min(s - w for s, w in zip(shape, size, strict=True))
    found = []
    for k, image in enumerate(x.view(-1, *shape)):
        start = round(free * k / max(1, len(x) - 1))
        found.append(image[start : start + size[0], start : start + size[1]].flatten())
    return torch.stack(found)


def _walk(name, run):
    """z_t = a z_t-1 + b e_t, of constant variance; all other scales keep their noise."""
    drawn, still = _noise(run, FRAMES, "walk"), _noise(run, 1, "still")
    frames, z = [], still["z0"][:, 0]
    for t in range(FRAMES):
        if t:
            z = math.sqrt(1 - STEP**2) * z + STEP * drawn["z0"][:, t]
        frames.append(z)
    noise = {key: values.expand(-1, FRAMES, -1) for key, values in still.items()}
    noise["z0"] = torch.stack(frames, dim=1)
    return Sheet(
        title=f"A walk among the images: {name}",
        note="Frames of a motion: only the noise of the coarsest scale changes. First seed.",
        rows=["frames"],
        images=run.ensemble.each(run.model.sample, noise)[:1],
    )
