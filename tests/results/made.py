"""Fabricated result files, complete and valid, for tests that need some."""

from dataclasses import fields, replace

from pipeline.results import schema
from pipeline.study.schema import Adam, Experiment, Run, Train

TRAIN = Train(
    seeds=[0, 1, 2],
    rounds=2000,
    batch=128,
    log_every=50,
    samples=300,
    optimizer=Adam(name="adam", lr=1e-3, betas=(0.5, 0.999)),
)
RECORD = schema.Record(
    code="0123456789ab",
    model="gan",
    arguments={"latent": 2, "width": 64},
    data=schema.Data(name="ring", digest="d" * 64, shape=[2]),
    train=TRAIN,
    device="cpu",
    threads=1,
    chunk=0,
    compiled=False,
    fingerprint="0123456789abcdef",
    parameters={"generator": 4482, "discriminator": 4417},
    players={"discriminator": ["discriminator"], "generator": ["generator"]},
    versions={"torch": "2.13.0", "numpy": "2.4.6"},
)


def record(seeds=(0, 1, 2), **changes) -> schema.Record:
    """A run.json. seeds: of its replicas. changes: of its fields."""
    train = TRAIN.model_copy(update={"seeds": list(seeds)})
    return replace(RECORD, **{"train": train, **changes})


def metric(values, **changes) -> schema.Metric:
    """A metric with these values, one per seed. changes: of its fields."""
    blank = dict.fromkeys(("mean", "low", "high", "reference"))
    told = {"title": "m", "unit": "", "reference_is": "theory", "better": "reference"}
    return schema.Metric(**{"values": list(values), "level": 0.95, **blank, **told, **changes})


def measured(of: schema.Record, metrics, **changes) -> schema.MeasuredRun:
    """What was measured on a run. metrics: {<file>.<value>: Metric, or values}."""
    found = {k: m if isinstance(m, schema.Metric) else metric(m) for k, m in metrics.items()}
    same = ("fingerprint", "code", "model", "arguments", "data", "train")
    block = {name: getattr(of, name) for name in same} | {"draws": 256, "metrics": found}
    return schema.MeasuredRun(**block | changes)


def decided(name, verdict="holds", **changes) -> schema.Decided:
    """A claim with its verdict; of no run, unless changes name some. changes: of its fields."""
    told = {"claim": "It is so.", "rule": "by a test", "statistic": "m", "because": "Seen."}
    blank = dict.fromkeys(field.name for field in fields(schema.Decided))
    lists = {"documents": [], "corrections": []}
    return schema.Decided(**blank | lists | told | {"id": name, "verdict": verdict} | changes)


def experiment(records, metrics, **changes) -> Experiment:
    """An experiment of params.yaml whose runs are these. metrics: files of pipeline/metrics/."""
    runs = {
        name: Run(data=r.data.name, model=r.model, arguments=r.arguments, train=r.train)
        for name, r in records.items()
    }
    block = {"question": "Is it so?", "metrics": list(metrics), "runs": runs}
    return Experiment(**block | changes)
