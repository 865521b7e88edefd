"""The bars, written before the numbers: ratios between contenders of the same run.

A ratio is taken within each repetition, engine over rival in examples/s, whole machine against
whole machine; its median decides. Where the rival is beaten by less than the bar, reaching 75 %
of the measured GEMM rate counts as well: nothing can be much faster.
"""

from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

LOADER, MEMORY, JAX = "eager, DataLoader", "eager, in memory", "JAX jit"
GEMM_SHARE = 0.75
FLAT = 1.05  # the cost of a replica may rise by so much from one R to the next: noise
STRAIGHT = 0.10  # of the peak at the largest R: how far memory may be off its line


class Bar(NamedTuple):
    """The engine at R replicas has so many times the examples/s of a rival."""

    rival: str
    at_least: float


SMALL = (Bar(LOADER, 6.0), Bar(MEMORY, 4.0))
CPU = {
    "mlp_gan": (Bar(LOADER, 2.2),),
    "mlp_vae": (Bar(LOADER, 2.5), Bar(JAX, 1.0)),
    "dcgan": (Bar(LOADER, 1.7),),
    "wgan_gp": (Bar(LOADER, 2.2),),
    "ring_gan": SMALL,
    "digits_gan": SMALL,
    "digits_vae": SMALL,
}
GPU = {"mlp_gan": (Bar(LOADER, 30.0),)}
GPU_ROOFLINE = {"mlp_gan": 0.40}
REPLICAS = {"cpu": 10, "cuda": 50}  # the R that the bars speak of


def spread(values: list[float]) -> dict[str, float]:
    """Median, least and greatest."""
    return {"median": median(values), "low": min(values), "high": max(values)}


def ratios(contenders: dict[str, Any], engine: str) -> dict[str, dict[str, float]]:
    """Examples/s of the engine over each other contender's, repetition by repetition."""
    if "samples" not in contenders.get(engine, {}):
        return {}
    own = [sample["replica_rounds_per_s"] for sample in contenders[engine]["samples"]]
    found = {}
    for name, result in contenders.items():
        if name != engine and "samples" in result:
            theirs = [sample["replica_rounds_per_s"] for sample in result["samples"]]
            pairs = zip(own, theirs, strict=True)
            found[name] = spread([mine / other for mine, other in pairs])
    return found


def judged(name: str, result: dict[str, Any], device: str) -> list[dict[str, Any]]:
    """Every bar of a workload with what was measured: met, not met or not measured.

    name: the workload. result: its block of the results, with contenders and ratios.
    """
    contenders, engine = result["contenders"], f"engine R={REPLICAS[device]}"
    summary = contenders.get(engine, {}).get("summary", {})
    gemm = summary.get("gemm_share", {}).get("median")
    found = []
    for bar in (CPU if device == "cpu" else GPU).get(name, ()):
        ratio = result["ratios"].get(bar.rival)
        by_gemm = bar.rival == LOADER and gemm is not None and gemm >= GEMM_SHARE
        told = f"{engine} at least {bar.at_least:g} x {bar.rival}"
        if bar.rival == LOADER:
            told += f", or {GEMM_SHARE:.0%} of GEMM"
        met = ratio and (ratio["median"] >= bar.at_least or by_gemm)
        found.append(_verdict(told, ratio, met) | {"gemm_share": gemm})
    if device == "cuda" and name in GPU_ROOFLINE:
        share = summary.get("roofline_share")
        least = GPU_ROOFLINE[name]
        met = share and share["median"] >= least
        found.append(_verdict(f"{engine} at least {least:.0%} of the roofline", share, met))
    return [*found, *_in_replicas(contenders)]


def _in_replicas(contenders):
    """That a replica costs no more, in time and in memory, when it has more neighbours."""
    by_r = {
        int(name.partition("=")[2]): result["summary"]
        for name, result in contenders.items()
        if name.startswith("engine R=") and "summary" in result
    }
    rs = sorted(by_r)
    if len(rs) < 2:
        return []
    costs = [by_r[r]["us_per_replica_round"]["median"] for r in rs]
    worst = max(after / before for before, after in pairwise(costs))
    told = f"cost of a replica from R={rs[0]} to R={rs[-1]}: no step up above {FLAT:g} x"
    flat = _verdict(told, {"median": worst, "low": worst, "high": worst}, worst <= FLAT)
    peaks = [by_r[r]["peak_mib"]["median"] for r in rs]
    gradient, constant = line(rs, peaks)
    off = max(abs(gradient * r + constant - peak) for r, peak in zip(rs, peaks, strict=True))
    share = off / peaks[-1]
    told = f"peak memory is {constant:.0f} + {gradient:.1f} R MiB to within {STRAIGHT:.0%}"
    straight = _verdict(told, {"median": share, "low": share, "high": share}, share <= STRAIGHT)
    return [flat, straight] if len(rs) > 2 else [flat]


def line(x: list[int], y: list[float]) -> tuple[float, float]:
    """Gradient and constant of the least-squares line through points."""
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    gradient = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    gradient /= sum((a - mean_x) ** 2 for a in x)
    return gradient, mean_y - gradient * mean_x


def _verdict(told, measured, met):
    if not measured:
        return {"bar": told, "measured": None, "verdict": "not measured"}
    return {"bar": told, "measured": measured, "verdict": "met" if met else "not met"}
