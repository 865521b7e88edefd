"""What tests/mutate.py is told: faults with names, and changes that compute the same thing."""

from tests.mutants_of_kinds import KINDS
from tests.mutants_of_theorems import THEOREMS

# Faults that were found in respected code: (name, what stands there, what is put there).
NAMED: dict[str, list[tuple[str, str, str]]] = {
    "pipeline/verdicts/publication.py": [
        (
            "a rival that need not be at its best",
            'return "other" if compared else "none"',
            'return "none"',
        ),
    ],
    "pipeline/objectives/minimax.py": [
        (
            "probabilities instead of logits",
            "-logsigmoid(real_logits) - logsigmoid(-fake_logits)",
            "-real_logits.sigmoid().log() - (1 - fake_logits.sigmoid()).log()",
        ),
        (
            "an epsilon in the logarithm",
            "-logsigmoid(real_logits)",
            "-(real_logits.sigmoid() + 1e-6).log()",
        ),
        (
            "the non-saturating loss",
            "return logsigmoid(-fake_logits)",
            "return -logsigmoid(fake_logits)",
        ),
        (
            "a mean inside the loss",
            "- logsigmoid(-fake_logits)",
            "- logsigmoid(-fake_logits).mean()",
        ),
        (
            "half of the sum",
            "return -logsigmoid(real_logits)",
            "return -0.5 * logsigmoid(real_logits)",
        ),
    ],
    "pipeline/objectives/non_saturating.py": [
        (
            "Torch's softplus",
            "return -logsigmoid(fake_logits)",
            "import torch; return torch.nn.functional.softplus(-fake_logits)",
        ),
        (
            "probabilities instead of logits",
            "return -logsigmoid(fake_logits)",
            "return -fake_logits.sigmoid().clamp(1e-12).log()",
        ),
        (
            "the saturating loss",
            "return -logsigmoid(fake_logits)",
            "return logsigmoid(-fake_logits)",
        ),
    ],
    "pipeline/objectives/patches.py": [
        ("a patch that decides for all", "losses.mean(-1)", "losses.median(-1).values"),
    ],
    "pipeline/models/pix2pix.py": [
        (
            "a weight that grows with the image",
            "self.l1_weight * absolute_error",
            "self.l1_weight * self.features * absolute_error",
        ),
    ],
    "pipeline/models/cycle_gan.py": [
        (
            "one direction of the cycle",
            "w * absolute_error(y, net.to_b(back))",
            "w * absolute_error(x, net.to_a(there))",
        ),
    ],
    "pipeline/models/star_gan.py": [
        (
            "a cycle that ends in the domain asked for",
            'self.to_domain(net, made, batch["label"])',
            "self.to_domain(net, made, asked)",
        ),
        (
            "a domain spread along the pixels",
            ".repeat_interleave(self.features, dim=-1)",
            ".repeat(1, self.features)",
        ),
    ],
    "pipeline/models/progressive_gan.py": [
        (
            "faded in from the start",
            "(progress / self.fade).clamp(max=1) if grown",
            "torch.ones_like(progress) if grown",
        ),
    ],
    "pipeline/networks/class_norm.py": [("a gain without the 1", "(1 + gain) *", "gain *")],
    "pipeline/models/singan.py": [
        ("noise of one scale at all", "own = amplitude if n == scale else None", "own = amplitude")
    ],
    "pipeline/objectives/bernoulli.py": [
        (
            "probabilities instead of logits",
            "tail - x * below - (1 - x) * above",
            "-x * logits.sigmoid().log() - (1 - x) * (1 - logits.sigmoid()).log()",
        ),
        ("mean over pixels", ".sum(-1)", ".mean(-1)"),
        ("sum over the batch", ".sum(-1)", ".sum()"),
    ],
    "pipeline/objectives/gaussian.py": [
        ("a variance read as a deviation", "(-log_variance / 2)", "(-log_variance)"),
        ("no normalising constant", "math.log(2 * math.pi) + ", ""),
        ("absolute error", "scaled.square()", "scaled.abs()"),
    ],
    "pipeline/objectives/gaussian_kl.py": [
        ("a difference that cancels", "log_variance.expm1()", "log_variance.exp() - 1"),
        (
            "the other direction",
            "mean.square() + log_variance.expm1() - log_variance",
            "mean.square() * (-log_variance).exp() + (-log_variance).expm1() + log_variance",
        ),
        ("a mean that is not squared", "mean.square()", "mean"),
        ("mean over latents", ".sum(-1)", ".mean(-1)"),
    ],
    "pipeline/objectives/cross_entropy.py": [
        ("two softmaxes", "logits.log_softmax(-1)", "logits.softmax(-1).log_softmax(-1)"),
        ("a softmax over the batch", "log_softmax(-1)", "log_softmax(0)"),
    ],
    "pipeline/metrics/wasserstein.py": [
        (
            "samples that are not sorted",
            "points, order = torch.cat([x, y]).sort()",
            "points = torch.cat([x, y]); order = torch.arange(len(points))",
        ),
    ],
    "reference/metrics/frechet.py": [
        ("population for sample covariance", "np.sqrt(len(x) - 1)", "np.sqrt(len(x))"),
        ("no means", "((ma - mb) ** 2).sum() + ", ""),
    ],
    "reference/metrics/mmd.py": [
        ("the biased estimator", "(table.sum() - np.trace(table))", "table.sum()"),
    ],
    "reference/metrics/kid.py": [
        ("clipped at zero", "return values.mean()", "return max(values.mean(), 0.0)"),
    ],
    "reference/nn/optimizers.py": [
        (
            "epsilon inside the root",
            "np.sqrt(s / (1 - betas[1] ** t)) + eps",
            "np.sqrt(s / (1 - betas[1] ** t) + eps)",
        ),
        ("epsilon in place of momentum", "betas[0] * m + (1 - betas[0])", "eps * m + (1 - eps)"),
        ("no bias correction", "m / (1 - betas[0] ** t)", "m"),
    ],
    "reference/theory/losses.py": [
        (
            "one norm for the whole batch",
            "norm(gradients)[..., None]",
            "norm(gradients.ravel()) * np.ones_like(gradients[..., :1])",
        ),
        (
            "a one-sided penalty",
            "(length[..., 0] - 1) ** 2",
            "np.maximum(length[..., 0] - 1, 0) ** 2",
        ),
    ],
    "pipeline/engine/ensemble.py": [
        ("one seed for all replicas", "self.seeds[rows]", "(0,) * len(self.seeds[rows])"),
        (
            "the first chunk's noise for all",
            "self.seeds[rows]",
            "self.seeds[: len(self.seeds[rows])]",
        ),
        (
            "one set of initial weights",
            "self._networks(seed) for seed",
            "self._networks(0) for seed",
        ),
        (
            "a loss summed over the batch",
            "name: term.mean() for name",
            "name: term.sum() for name",
        ),
    ],
    "pipeline/engine/graph/hoist.py": [
        (
            "the other player's networks move too",
            "moved = {n: weights[n] for n in player.moves}",
            "moved = dict(weights)",
        ),
        (
            "what another has moved is taken as it was",
            "        stale |= set(player.moves)\n        own =",
            "        own =",
        ),
        (
            "what a player's first step has moved is taken as it was by its second",
            "if player is players[0] or player.steps > 1:",
            "if player is players[0]:",
        ),
        (
            "the first step's noise for all",
            "inputs in given.items():",
            "inputs in ((step, given[step[0], 0]) for step in given):",
        ),
    ],
    "pipeline/engine/training.py": [
        (
            "one chunk alone plays",
            "for chunk in self.chunks:\n            chunk.play",
            "for chunk in self.chunks[:1]:\n            chunk.play",
        ),
    ],
    "pipeline/engine/rounds.py": [
        (
            "one player's optimizer for both",
            "self.optimizers[player.name].step",
            "self.optimizers[self.training.players[0].name].step",
        ),
        (
            "a projection left out",
            "piece.copy_(player.project(piece).where",
            "piece.copy_(piece.where",
        ),
        ("buffers that stay as they were", "buffer.copy_(found[i])", "pass"),
        ("one step a round", "range(player.steps)", "range(1)"),
    ],
    "pipeline/engine/inputs.py": [
        ("a noise of all players alike", 'f"noise/{where}"', '"noise"'),
        ("a batch of all steps alike", 'f"batch/{where}"', '"batch"'),
        ("the same batch every round", "indices[name][within]", "indices[name][0]"),
        ("the same noise every round", "values[:, within]", "values[:, 0]"),
        ("one stream for all pools", 'else f"{name}/index"', 'else "index"'),
    ],
}
for _file, _found in KINDS.items():
    NAMED.setdefault(_file, []).extend(_found)
for _file, _changes in THEOREMS.items():
    NAMED.setdefault(_file, []).extend((name, old, new) for name, old, new, _ in _changes)

# Survivors that compute the same thing: {(file, mutant): why}.
EQUIVALENT: dict[tuple[str, str], str] = {
    (
        "pipeline/controls/gaussian_mixture.py",
        "sample: boundary moved: `noise['k'][..., None] >= log_weights.exp().cumsum(-1)[:-1]` -> "
        "`(noise['k'][..., None] > log_weights.exp().cumsum(-1)[:-1])`",
    ): "a uniform number equals a sum of weights with chance 0",
    ("pipeline/controls/bernoulli_mixture.py", "sample: axis changed: `-1` -> `0` (2)"): (
        "the weights of a replica have one axis"
    ),
    ("pipeline/controls/bernoulli_mixture.py", "_maximised: sign dropped: `-1` -> `(1)`"): (
        "of examples by components, axis 1 is the last"
    ),
    (
        "pipeline/metrics/motion.py",
        "module: tuple exchanged: `(roles.Discriminator, roles.Sampler)` -> "
        "`((roles.Sampler, roles.Discriminator))`",
    ): "both roles are needed, in whichever order they are named",
    (
        "pipeline/execution/play.py",
        "begin: condition dropped: `block.average or 0.0` -> `(block.average)`",
    ): "None is as false as 0: no average is kept, and its weight is read nowhere",
    (
        "pipeline/objectives/gaussian.py",
        "negative_log_likelihood: parameters exchanged: mean and x",
    ): ("the density depends on (x - mean)^2 alone"),
    (
        "pipeline/metrics/elbo.py",
        "elbo: parameters exchanged: kl and reconstruction",
    ): "their sum is meant",
    (
        "pipeline/metrics/value.py",
        "distance_from_half: parameters exchanged: fake_logits and real_logits",
    ): ("both samples count alike"),
    ("pipeline/engine/rounds.py", "end_round: constant moved: `0` -> `1`"): (
        "a block drawn afresh each round gives the same numbers, later"
    ),
    ("pipeline/metrics/wasserstein.py", "wasserstein: parameters exchanged: y and x"): (
        "a distance is symmetric"
    ),
    ("reference/metrics/frechet.py", "frechet_distance: parameters exchanged: y and x"): (
        "a distance is symmetric"
    ),
    (
        "reference/metrics/mmd.py",
        "mmd2_biased: parameters exchanged: y and x",
    ): "a distance is symmetric",
}
