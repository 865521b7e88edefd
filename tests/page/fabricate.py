"""A fabricated study: files in the formats of the stages, with plausible numbers."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
from scipy import stats

from pipeline import datasets
from pipeline.results import schema, sheets
from pipeline.results.files import digest, write_npz, write_text
from tests.page.ledger import ledger
from tests.results import made

QUESTIONS = {
    "classifier": "How often is the classifier right?",
    "equilibrium": "Does the game end where theory says, at V = −log 4?",
    "ring": "Which GANs keep all eight modes?",
    "digits": "Does a GAN draw every digit as often as people write it?",
    "likelihood": "How close does a VAE come to the likelihood of what it has not seen?",
}
RUNS = {
    "classifier": {"classifier": ("classifier", "digits")},
    "equilibrium": {"gan": ("gan", "gaussian_1d"), "gan_minimax": ("gan", "gaussian_1d")},
    "ring": {"gan": ("gan", "ring")},
    "digits": {"gan": ("gan", "digits"), "gan_minimax": ("gan", "digits")},
    "likelihood": {"vae_bernoulli": ("vae", "digits")},
}
# title, unit, typical value, spread over seeds, reference value, what it is, which way is better
METRICS = {
    "classifier": {"accuracy.single": ("accuracy", "share", 0.967, 0.004, None, "", "higher")},
    "equilibrium": {
        "value.game": ("V(D, G)", "nats", -1.384, 0.006, -np.log(4), "−log 4", "reference"),
        "value.distance_from_half": ("|D − ½|", "", 0.03, 0.01, 0.0, "D* at the optimum", "lower"),
        "wasserstein.distance": ("W₁", "", 0.06, 0.02, 0.011, "two true samples", "lower"),
    },
    "ring": {
        "value.game": ("V(D, G)", "nats", -1.31, 0.03, -np.log(4), "−log 4", "reference"),
        "coverage.lost": ("modes lost", "of 8", 0.8, 1.0, 0.0, "true samples", "lower"),
        "coverage.no_mode_lost": (
            "no mode lost",
            "share of seeds",
            0.6,
            0.0,
            1.0,
            "true samples",
            "higher",
        ),
        "coverage.good_share": (
            "good samples",
            "share",
            0.81,
            0.06,
            0.98889,
            "within 3σ",
            "higher",
        ),
        "coverage.reverse_kl": ("reverse KL", "nats", 0.21, 0.12, 0.0014, "n = 2,500", "lower"),
    },
    "digits": {
        "value.game": ("V(D, G)", "nats", -0.71, 0.06, -np.log(4), "−log 4", "reference"),
        "histogram.entropy": (
            "class entropy",
            "nats",
            2.18,
            0.04,
            2.301,
            "real digits",
            "reference",
        ),
        "histogram.kl": ("KL to real classes", "nats", 0.11, 0.05, 0.0005, "real digits", "lower"),
    },
    "likelihood": {
        "elbo.bound": ("test ELBO", "nats", -21.4, 0.12, None, "", "higher"),
        "elbo.reconstruction": ("reconstruction", "nats", 15.1, 0.2, None, "", "lower"),
        "elbo.kl": ("KL", "nats", 6.3, 0.1, None, "", "reference"),
    },
}
TERMS = {
    "gan": {("discriminator", "minimax"): 1.386, ("generator", "non_saturating"): 0.693},
    "gan_minimax": {("discriminator", "minimax"): 1.386, ("generator", "minimax"): -0.693},
    "classifier": {("classifier", "cross_entropy"): 0.05},
    "vae": {("autoencoder", "reconstruction"): 15.0, ("autoencoder", "kl"): 6.3},
}


def study(folder: Path, seeds=range(3), only=None, points=40, drawn=300, listed=None):
    """Write the files of a study and return what `check.study` would.

    seeds: of every run. only: the experiments to make. points: of a curve. drawn: samples.
    listed: the runs of each experiment, RUNS by default.
    """
    rng = np.random.default_rng(0)
    seeds = list(seeds)
    chosen = {e: runs for e, runs in (listed or RUNS).items() if only is None or e in only}
    needed = {data for runs in chosen.values() for _, data in runs.values()}
    small = {"train": 400, "validation": 100, "test": 2500}
    data = {n: datasets.build(n, {} if n == "digits" else small) for n in sorted(needed)}
    for name, dataset in data.items():
        write_npz(folder / "data" / f"{name}.npz", dataset.splits())
    experiments = {}
    for e, runs in chosen.items():
        block = {
            run: _run(folder / "runs" / e / run, e, run, *what, data, seeds, rng, points, drawn)
            for run, what in runs.items()
        }
        path = folder / f"reports/metrics/{e}.json"
        schema.write(path, schema.Measurements(e, {r: m for r, (_, m) in block.items()}))
        sheets.write(folder / f"reports/shown/{e}.npz", drawings(e, block))
        experiments[e] = made.experiment(
            {r: record for r, (record, _) in block.items()},
            dict.fromkeys(f for _, m in block.values() for f in sorted(m.files)),
            question=QUESTIONS[e],
            figures=["traversal"],
        )
    schema.write(folder / "reports/claims.json", ledger())
    return SimpleNamespace(data=data, experiments=experiments, budget="cpu")


def _run(folder, experiment, run, model, data, built, seeds, rng, points, drawn):
    dataset = built[data]
    record = made.record(
        seeds,
        fingerprint=f"{abs(hash_of(experiment + run)):016x}",
        model=model,
        data=schema.Data(
            data, digest(folder.parents[2] / "data" / f"{data}.npz"), list(dataset.shape)
        ),
    )
    schema.write(folder / "run.json", record)
    write_text(folder / "curves.csv", "".join(_curves(run, model, len(seeds), points, rng)))
    if model != "classifier":
        write_npz(folder / "samples.npz", {"x": _samples(dataset, len(seeds), drawn, rng)})
    more = {}
    metrics = {n: _metric(m, len(seeds), rng) for n, m in METRICS[experiment].items()}
    if experiment == "equilibrium":
        more = {"series": followed(len(seeds), rng), "profiles": profiles(run == "gan")}
    if experiment == "digits":
        shares = rng.dirichlet(np.full(10, 8.0), len(seeds))
        more["histograms"] = {
            "histogram.by_class": schema.Histogram(
                title="classes of generated digits",
                labels=[str(k) for k in range(10)],
                values=shares.tolist(),
                reference=[0.1] * 10,
                reference_is="the classifier on real test digits",
            )
        }
    return record, made.measured(record, metrics, **more)


def followed(replicas, rng, snapshots=9):
    """Two numbers of every replica at some snapshots, one of them over decades."""
    rounds = np.arange(snapshots) * 250
    falling = 10 ** (-rounds / 400 + 0.3 * rng.standard_normal((replicas, snapshots)))
    value = -1.386 * (1 - np.exp(-rounds / 500)) + 0.05 * rng.standard_normal(
        (replicas, snapshots)
    )
    at = {"unit": "nats", "rounds": rounds.tolist()}
    gradient = schema.Series(
        title="gradient",
        values=falling.tolist(),
        reference=None,
        reference_is="",
        log=True,
        **at,
    )
    game = schema.Series(
        title="V(D, G)", values=value.tolist(), reference=-1.386, reference_is="-log 4", **at
    )
    return {"generator_gradient.norm_by_round": gradient, "motion.value_by_round": game}


def profiles(mapped=True, snapshots=9):
    """A normal density that another moves towards, what tells them apart, and the map between."""
    x, z = np.linspace(-1, 7, 101), np.linspace(-3, 3, 101)
    share = np.linspace(0, 1, snapshots)[:, None]
    mean, scale = 3 * share, 0.4 + 0.6 * share
    data = np.exp(-((x - 3) ** 2) / 2) / np.sqrt(2 * np.pi) + 0 * share
    model = np.exp(-(((x - mean) / scale) ** 2) / 2) / scale / np.sqrt(2 * np.pi)
    best = data / (data + model)
    lines = {"p_data": data, "p_g": model, "D": 0.5 + 0.8 * (best - 0.5)}
    bend = mean + scale * (z + 0.2 * np.sin(2 * z))
    ways = {"G(z)": bend, "log gradient": np.log(scale * (1 + 0.4 * np.cos(2 * z)))}
    rounds = (np.arange(snapshots) * 250).tolist()
    found = {"motion.densities": ("Densities and the discriminator", "x", x, lines)}
    if mapped:
        found["motion.map"] = ("The generator's map", "z", z, ways)
    return {
        name: schema.Profile(
            title=title,
            unit=unit,
            x=across.tolist(),
            lines={line: values.tolist() for line, values in drawn.items()},
            rounds=rounds,
        )
        for name, (title, unit, across, drawn) in found.items()
    }


def drawings(experiment, block):
    """Two sheets of one figure for an experiment on digits, none for others."""
    on = {record.data.name for record, _ in block.values()}
    ramp = np.tile(np.linspace(-1, 1, 64), (2, 5, 1))
    return [
        sheets.Sheet(
            figure="traversal",
            title=f"Latents of {experiment}, part {part}",
            note="Each < moved.",
            rows=["z 1", "z_2 & z_3"],
            images=ramp,
            shape=(8, 8),
            fingerprints={run: record.fingerprint for run, (record, _) in block.items()},
        )
        for part in range(2)
        if on == {"digits"}
    ]


def hash_of(text):
    """A number of a text that is the same in every process."""
    return int.from_bytes(text.encode()[:8].ljust(8, b"."), "big") >> 1


def _curves(run, model, replicas, points, rng):
    yield "round,player,term,replica,value\n"
    terms = TERMS.get(run) or TERMS[model]
    for step in range(points):
        for (player, term), end in terms.items():
            fade = np.exp(-6 * step / points)
            for replica in range(replicas):
                noise = 0.05 * (1 + abs(end)) * rng.standard_normal()
                yield f"{step * 50},{player},{term},{replica},{float(end + 2 * fade + noise)!r}\n"


def _samples(dataset, replicas, n, rng):
    x = dataset.splits()["test_x"]
    if dataset.levels:
        x = 2 * x / dataset.levels - 1
    drawn = x[rng.integers(len(x), size=(replicas, n))]
    noise = 0.2 if dataset.levels else 1.5 * dataset.scale
    return (drawn + noise * rng.standard_normal(drawn.shape)).astype(np.float32)


def _metric(what, replicas, rng):
    title, unit, centre, spread, reference, reference_is, better = what
    values = centre + spread * rng.standard_normal(replicas)
    if title == "modes lost":
        values = np.clip(np.rint(values), 0, 8)
    if title == "no mode lost":
        values = (np.arange(replicas) < centre * replicas).astype(float)
        interval = stats.binomtest(int(values.sum()), replicas).proportion_ci(0.95)
    half = 2.26 * values.std(ddof=1) / np.sqrt(replicas)
    share = title == "no mode lost"
    return made.metric(
        values.tolist(),
        title=title,
        unit=unit,
        mean=float(values.mean()),
        low=float(interval.low if share else values.mean() - half),
        high=float(interval.high if share else values.mean() + half),
        reference=reference,
        reference_is=reference_is,
        better=better,
        share=share,
    )
