"""When in training the samples have every mode of a known mixture, and keep them all.

    t = min { t_i : K modes are covered at t_i, t_(i+1), ..., t_M },  i < M,    or t_M where none

Covered is what Lin, Khetan, Fanti & Oh, "PacGAN" (2018), section 4.1, call it, at 2,500 samples of
the same latents at every snapshot. A mode that is there at one snapshot and gone at the next was
passed, not learned: an arrival is the first snapshot from which on none is missing, and one at the
last snapshot alone has not been seen to last. So no arrival has the number of all rounds. A seed
that never arrives does: it took at least so many, and the mean over seeds is the restricted mean
of survival analysis (Irwin, 1949), which says nothing of what comes later.
"""

import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run, Series
from pipeline.metrics.coverage import SAMPLES, modes_hit
from pipeline.models import roles

NEEDS = (roles.Sampler,)
NEEDS_DATA = ("means", "scale")
SNAPSHOTS = 2


def rounds_to_all(covered: Tensor, rounds: Tensor, modes: int) -> Tensor:
    """The round from which on no mode is missing, or the last where there is none before it.

    covered: how many modes are covered at each snapshot, shape (M,). rounds: the snapshots',
    rising, shape (M,). modes: K. Returns shape (), one of the rounds.
    """
    kept = (
        (covered == modes).long().flip(-1).cumprod(-1).sum(-1)
    )  # snapshots in a row, the last too
    return rounds[len(rounds) - kept.clamp(min=1)]


def measure(run: Run) -> Found:
    means, scale = torch.as_tensor(run.dataset.means, dtype=torch.float64), run.dataset.scale
    snapshots = [run.at(i).sample(SAMPLES).double() for i in range(len(run.snapshots))]
    rows = [[modes_hit(replica, means, scale) for replica in x] for x in snapshots]
    covered = torch.tensor(rows).T
    modes, last = len(means), run.snapshots[-1]
    rounds = [rounds_to_all(c, torch.tensor(run.snapshots), modes).item() for c in covered]
    return {
        "rounds": Measured(
            title="rounds until every mode is covered, to the end",
            unit=f"rounds, seen at {len(snapshots)} snapshots",
            values=[float(t) for t in rounds],
            reference=float(last),
            reference_is="never: at least all rounds",
            better="lower",
        ),
        "before_end": Measured(
            title="every mode covered before the end, and to the end",
            unit="share of seeds",
            values=[float(t < last) for t in rounds],
            reference=1.0,
            reference_is="true samples",
            better="higher",
            share=True,
        ),
        "modes_by_round": Series(
            title="modes covered",
            unit=f"of {modes}, at {SAMPLES:,} samples",
            rounds=run.snapshots,
            values=covered.tolist(),
            reference=float(modes),
            reference_is="true samples",
        ),
    }
