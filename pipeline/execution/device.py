"""Where networks are computed."""

from pipeline.study import reader
from pipeline.study.errors import StudyError


def device_of(wanted: str) -> str:
    """The device for `device` of params.yaml on this machine: "cpu", "cuda" or "cuda:N"."""
    import torch

    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted.startswith("cuda"):
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        index = int(wanted.partition(":")[2] or 0)
        if index >= count:
            raise StudyError(
                f"{reader.FILE}: device: {wanted} is not here ({count} CUDA devices seen); "
                "allowed: auto, cpu"
            )
    return wanted
