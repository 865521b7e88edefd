"""The round of training from which on samples keep every mode of a known mixture.

    t = min { t_i : K modes are kept at t_i, t_(i+1), ..., t_M },  i < M,    or t_M where none

Kept in the sense of metric `coverage`: of 2,500 samples from the same latents at every snapshot
the good ones make up a quarter of the mode's weight. One sample within three standard deviations
does not, which uniform noise has in most modes. A mode that is present at one snapshot and missing
at the next was passed, not learned: the arrival is the first snapshot from which on no mode is
missing. All modes at the last snapshot alone do not count, since they have not been seen to last.
A seed that never arrives gets the number of all rounds, a lower bound, so the mean over seeds is
the restricted mean of survival analysis (Irwin, 1949), which says nothing about later rounds.
"""

import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run, Series
from pipeline.metrics.coverage import LOST, SAMPLES, SHELLS, cell_histogram
from pipeline.models import roles

NEEDS = (roles.Sampler,)
NEEDS_DATA = ("means", "scale")
SNAPSHOTS = 2
VALUES = ("before_end", "modes_by_round", "part", "rounds")


def modes_kept(x: Tensor, means: Tensor, scale: float) -> Tensor:
    """How many modes have a quarter of their weight, or more, in good samples.

    x: samples, shape (N, d). means: shape (K, d). scale: standard deviation s of a mode.
    Returns shape (), 0 to K.
    """
    good = cell_histogram(x, means, scale).view(len(means), -1)[:, :SHELLS].sum(1)
    return (good >= LOST * len(x) / len(means)).sum()


def rounds_to_all(covered: Tensor, rounds: Tensor, modes: int) -> Tensor:
    """The round from which on no mode is missing; the last one if there is no earlier one.

    covered: modes kept at each snapshot, shape (M,). rounds: those of the snapshots,
    increasing, shape (M,). modes: K.
    Returns shape (), one of the rounds.
    """
    kept = (
        (covered == modes).long().flip(-1).cumprod(-1).sum(-1)
    )  # consecutive snapshots up to the last
    return rounds[len(rounds) - kept.clamp(min=1)]


def measure(run: Run) -> Found:
    means, scale = torch.as_tensor(run.dataset.means, dtype=torch.float64), run.dataset.scale
    snapshots = [run.at(i).sample(SAMPLES).double() for i in range(len(run.snapshots))]
    rows = [[modes_kept(replica, means, scale) for replica in x] for x in snapshots]
    covered = torch.tensor(rows).T
    modes, last = len(means), run.snapshots[-1]
    rounds = [rounds_to_all(c, torch.tensor(run.snapshots), modes).item() for c in covered]
    return {
        "rounds": Measured(
            title="rounds until every mode is kept, to the end",
            unit=f"rounds, seen at {len(snapshots)} snapshots",
            values=[float(t) for t in rounds],
            reference=float(last),
            reference_is="never: at least all rounds",
            better="lower",
            least=0.0,
        ),
        "part": Measured(
            title="part of training until every mode is kept, to the end",
            unit="of all rounds",
            values=[t / last for t in rounds],
            reference=1.0,
            reference_is="never: at least all rounds",
            better="lower",
            least=0.0,
            most=1.0,
        ),
        "before_end": Measured(
            title="every mode kept before the end, and to the end",
            unit="share of seeds",
            values=[float(t < last) for t in rounds],
            reference=1.0,
            reference_is="true samples",
            better="higher",
            share=True,
        ),
        "modes_by_round": Series(
            title="modes kept",
            unit=f"of {modes}, at {SAMPLES:,} samples",
            rounds=run.snapshots,
            values=covered.tolist(),
            reference=float(modes),
            reference_is="true samples",
        ),
    }
