"""Whether a classifier is right as often as it says: the expected calibration error.

    B_m    examples whose confidence, the largest p(k | x), lies in ((m - 1) / M, m / M]
    ECE  = sum_m |B_m| / n | acc(B_m) - conf(B_m) |

with M = 15: Guo, Pleiss, Sun & Weinberger, "On Calibration of Modern Neural Networks" (2017),
equation 3. The evaluation classifier is the ensemble of all seeds, whose probabilities are
averaged; so is it measured, beside each of its replicas. Even a calibrated classifier has an error
of some size on n examples: the reference is the mean error of labels that are drawn from the
ensemble's own probabilities.
"""

from typing import Any

import torch
from torch import Tensor

from pipeline.engine.randomness import Uniform, draw
from pipeline.metrics import FROZEN_SEED, Found, Measured, Run
from pipeline.models import roles

NEEDS = (roles.Classifier,)
VALUES = ("single", "vote")
BINS = 15
TIMES = 100  # that labels are drawn


def calibration_error(confidence: Tensor, right: Tensor, bins: int = BINS) -> Tensor:
    """The expected calibration error, in 0 to 1.

    confidence: the largest probability of each example, in (0, 1], shape (N,). right: whether the
    class that has it is the example's, 0 or 1, shape (N,). bins: M.
    Returns shape ().
    """
    place = (confidence * bins).ceil().long().clamp(1, bins) - 1
    gaps = torch.zeros(bins, dtype=confidence.dtype, device=confidence.device)
    return gaps.index_add(0, place, right - confidence).abs().sum() / len(confidence)


def measure(run: Run) -> Found:
    label = run.test["label"]
    each = run.class_logits(run.test["x"]).double().softmax(-1)
    vote = each.mean(0)
    confidence = vote.amax(-1)
    coins = draw(Uniform(()), (TIMES, len(label)), FROZEN_SEED, "calibration", 0, "cpu").double()
    floor = [calibration_error(confidence, (u < confidence).double()).item() for u in coins]

    def error(p: Tensor) -> float:
        sure, named = p.max(-1)
        return calibration_error(sure, (named == label).double()).item()

    told: dict[str, Any] = {
        "reference": sum(floor) / TIMES,
        "reference_is": f"labels drawn from its own probabilities, n = {len(label):,}",
        "better": "lower",
        "least": 0.0,
        "most": 1.0,
    }
    return {
        "single": Measured(
            "calibration error of each classifier", "share", [error(p) for p in each], **told
        ),
        "vote": Measured(
            "calibration error of the ensemble, the evaluation classifier",
            "share",
            [error(vote)],
            **told,
        ),
    }
