"""Test images, what is known of them, and several completions.

    rows:  x,  m x,  y_1, y_2, ...

Goodfellow et al., "Generative Adversarial Nets" (2014), section 6, extension 3. Masks and draws
are those that metric `image_completion` measures. First seed.
"""

import torch

from pipeline.engine.randomness import draw
from pipeline.figures import Sheet
from pipeline.metrics import FROZEN_SEED
from pipeline.models import roles

NEEDS = (roles.Completer,)
COLUMNS, DRAWS = 16, 5


def show(runs):
    return [_sheet(name, run) for name, run in runs.items()]


def _sheet(name, run):
    x = run.test["x"]
    seeds = {
        name: draw(distribution, (len(x),), FROZEN_SEED, f"completion/{name}", 0, x.device)
        for name, distribution in run.model.mask_noise().items()
    }
    mask = run.model.mask(seeds)

    def completed(net, noise):
        return run.model.complete(net, x, mask, noise)

    rows = [x, mask * x + (1 - mask) * -1]
    for block in range(DRAWS):
        noise = run.ensemble.noise(run.model.completion_noise(), (len(x),), "completion", block)
        rows.append(run.ensemble.each(completed, noise)[0])
    return Sheet(
        title=f"Completions: {name}",
        note="Above the whole image and what is known of it, below draws of the rest. First seed.",
        rows=["whole", "known", *(f"completion {i + 1}" for i in range(DRAWS))],
        images=torch.stack([row[:COLUMNS] for row in rows]),
    )
