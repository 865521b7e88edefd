"""Wrong changes of kinds that tests beside the code once missed: {file: [(name, old, new)]}.

Checkpoints that hold less than what a round changes, numbers of a game that are read at their
defaults alone, what is fitted or chosen on test data, numbers on the page that stand in another's
place, and verdicts that pair, forget or measure at the wrong end. tests/mutants.py takes them in.
"""

KINDS: dict[str, list[tuple[str, str, str]]] = {
    "pipeline/verdicts/bound.py": [
        (
            "a difference that is shown not to be there on the claim's other side",
            'signed = least if self.side == "above" else -least',
            'signed = -least if self.side == "above" else least',
        ),
        (
            "a small difference told by its estimate",
            "if found.high < effect if",
            "if found.estimate < effect if",
        ),
    ],
    "pipeline/verdicts/ledger.py": [
        (
            "a threshold that is an effect itself, moved by the least effect",
            "self.arguments.says_no_difference(self.compared)",
            "self.arguments.says_no_difference",
        ),
    ],
    "pipeline/verdicts/decision.py": [
        (
            "two runs paired by seed",
            "decided = rule.compare(*found, error, **_least(claim))",
            "decided = rule.decide([a - b for a, b in zip(*found)], error, **_least(claim))",
        ),
        (
            "a least effect that no rule is told",
            "return {} if claim.least is None else",
            "return {} if True else",
        ),
        (
            "a diverged replica taken for an undefined metric",
            "math.nan if r in run.diverged else v",
            "None if r in run.diverged else v",
        ),
        (
            "a budget that is named by none",
            "if claim.budget:",
            "if True:",
        ),
    ],
    "pipeline/execution/checkpoints.py": [
        ("the first chunk alone", "in training.chunks\n", "in training.chunks[:1]\n"),
        ("chunks under one name", 'f"{chunk.rows.start}/{name}": tensor', "name: tensor"),
    ],
    "pipeline/engine/rounds.py": [
        (
            "the memory of one player's optimizer",
            "for player, optimizer in self.optimizers.items():",
            "for player, optimizer in list(self.optimizers.items())[:1]:",
        ),
        (
            "a state without its buffers",
            "for name, tensor in tensors.items()\n        }\n        for player, optimizer",
            "for name, tensor in tensors.items()\n            if tensor.is_leaf\n"
            "            and name not in self.buffers[network]\n        }\n"
            "        for player, optimizer",
        ),
        (
            "the average of the first chunk's weights",
            'found[f"average/{network}"] = tensor[self.rows]',
            'found[f"average/{network}"] = tensor[: self.rows.stop - self.rows.start]',
        ),
    ],
    "pipeline/metrics/parzen.py": [
        ("a width chosen on test images", "best_sigma(fresh, w)", "best_sigma(test, w)"),
    ],
    "pipeline/metrics/reconstruction.py": [
        (
            "principal axes of the test images",
            "principal_reconstruction(train, x, k)",
            "principal_reconstruction(x, x, k)",
        ),
    ],
    "pipeline/metrics/bits_per_dim.py": [
        (
            "a mixture fitted to test images",
            "-fitted(best, spread(x))",
            "-fitted(best, spread(y))",
        ),
        ("a mixture chosen on test images", ".score(held_out)", ".score(spread(y))"),
    ],
    "pipeline/metrics/elbo.py": [
        ("pixel means of the test images", 'model.blind(run.train["x"])', "model.blind(x)"),
    ],
    "pipeline/metrics/nll.py": [
        ("pixel means of the test images", 'model.blind(run.train["x"])', "model.blind(x)"),
    ],
    "pipeline/metrics/code_match.py": [
        (
            "clusters that are matched on the test images",
            "contingency(fitted, label, clusters, classes)",
            "contingency(held, truth, clusters, classes)",
        ),
    ],
    "pipeline/models/sn_gan.py": [
        (
            "a discriminator without its constant",
            "(self.lipschitz * net.discriminator(both, True)[:, 0])",
            "net.discriminator(both, True)[:, 0]",
        ),
    ],
    "pipeline/models/lsgan.py": [
        ("the targets of one paper", "(real, fake, self.a, self.b)", "(real, fake)"),
    ],
    "pipeline/models/wgan_gp.py": [
        ("the weight of the paper, whatever is asked", "self.penalty *", "10.0 *"),
        ("points nearer to samples", 'noise["epsilon"])', 'noise["epsilon"].square())'),
    ],
    "pipeline/page/estimates.py": [
        ("an interval that is turned round", '"low": metric.low', '"low": metric.high'),
    ],
    "pipeline/page/view.py": [
        (
            "heads above other columns",
            '[m["head"] for m in some]',
            '[m["head"] for m in some[::-1]]',
        ),
        ("seeds in another order", "enumerate(run.replicas)", "enumerate(run.replicas[::-1])"),
    ],
    "pipeline/page/cards.py": [
        ("a shared training counted twice", "run.measured.fingerprint: (run,", "id(run): (run,"),
    ],
}
