"""Fabricated verdicts: reports/claims.json in the format of stage claims."""

from pipeline.results import schema

KEYS = ["experiment", "run", "runs", "metric", "versus", "versus_metric", "test", "reason"]
KEYS += ["target", "threshold", "estimate", "low", "high", "level", "n"]


def basis(run, rounds, converged, predicted):
    """What is known of a training."""
    why = "The curve is flat."
    return schema.Basis(run, "histogram.kl", rounds, converged, why, "frozen", predicted)


def ledger():
    """Claims of every verdict and every form, and a correction that two of them settle."""
    blank = dict.fromkeys(KEYS)
    measured = blank | {"level": 0.95, "n": 10, "documents": ["T036"], "reason": "So."}
    claims = [
        measured
        | {
            "id": "value-at-equilibrium",
            "claim": "After training, V lies at −log 4 to within 0.05.",
            "rule": "Holds when the 95 % interval of V + log 4 lies inside ±0.05.",
            "statistic": "equivalence",
            "experiment": "equilibrium",
            "run": "gan",
            "metric": "value.game",
            "estimate": 0.0023,
            "low": -0.0021,
            "high": 0.0067,
            "target": -1.3863,
            "threshold": 0.05,
            "verdict": "holds",
            "because": "V + log 4 is 0.0023; its interval [−0.0021, 0.0067] lies inside.",
        },
        measured
        | {
            "id": "ring-coverage",
            "claim": "Most seeds of the GAN lose no mode of the ring.",
            "rule": "Holds when the Clopper–Pearson interval of the share of seeds is above ½.",
            "statistic": "share of seeds",
            "experiment": "ring",
            "run": "gan",
            "metric": "coverage.no_mode_lost",
            "estimate": 0.4,
            "low": 0.1216,
            "high": 0.7376,
            "threshold": 0.5,
            "verdict": "undecided",
            "because": "4 of 10 seeds do; the interval [0.12, 0.74] holds ½.",
        },
        measured
        | {
            "id": "generated-classes",
            "claim": "Generated digits come in the proportions of real ones.",
            "rule": "Fails when the interval of the KL divergence lies above 0.05 nats.",
            "statistic": "mean",
            "experiment": "digits",
            "run": "gan",
            "metric": "histogram.kl",
            "estimate": 0.112,
            "low": 0.083,
            "high": 0.141,
            "threshold": 0.05,
            "verdict": "fails",
            "because": "The divergence is 0.112 nats, interval ±0.029.",
        },
        measured
        | {
            "id": "losses-differ",
            "claim": "The non-saturating loss ends with a lower KL than minimax.",
            "rule": "gan against gan_minimax: Holds if below 0.",
            "statistic": "difference",
            "experiment": "digits",
            "run": "gan",
            "versus": "gan_minimax",
            "metric": "histogram.kl",
            "estimate": -0.052,
            "low": -0.083,
            "high": -0.021,
            "threshold": 0.0,
            "verdict": "holds",
            "because": "gan against gan_minimax, seed by seed, is −0.052.",
            "corrections": ["K5"],
            "smallest_effect": 0.02,
            "replicas": 14,
            "frozen": "2026-01-02",
            "history": "frozen since 2026-01-02, changed after a result",
            "rests_on": [
                basis("gan", 2000, True, schema.Prediction(0.03, 0.19, 0.99, 10, False)),
                basis("gan_minimax", 1500, None, None),
            ],
        },
        measured
        | {
            "id": "digits-in-order",
            "claim": "The value of the game falls from one loss to the other.",
            "rule": "Holds if every run is above the next.",
            "statistic": "mean",
            "experiment": "digits",
            "runs": ["gan", "gan_minimax"],
            "metric": "value.game",
            "estimate": 0.05,
            "low": 0.02,
            "high": 0.08,
            "threshold": 0.0,
            "verdict": "holds",
            "because": "From each run to the next it goes down by 0.05.",
        },
        blank
        | {
            "id": "kl-non-negative",
            "claim": "KL is never negative and zero only between equal Gaussians.",
            "rule": "A theorem: holds when its test passes.",
            "statistic": "test",
            "documents": ["T020"],
            "test": "tests/objectives/test_gaussian_kl.py::test_zero_only_at_equality",
            "verdict": "holds",
            "because": "Its test passes.",
            "corrections": ["K5"],
        },
    ]
    claims = [schema.Decided(**{"corrections": []} | claim) for claim in claims]
    corrections = [
        schema.Correction(
            id="K5",
            said="The losses are alike & equal.",
            instead="They are not.",
            claims=["losses-differ", "kl-non-negative"],
        )
    ]
    counts = {"holds": 4, "fails": 1, "undecided": 1}
    study = schema.StudyWide(0.05, 5, 3, 2, 0.15, 0.667, 1)
    gone = schema.Withdrawn("gone", "It was so.", "bound", "2026-01-01", "2026-02-01", "fails")
    left = schema.Open("longer", "It is so in the end.", ["T036"], "a million rounds")
    return schema.Verdicts(claims, corrections, counts, study, [gone], open=[left])
