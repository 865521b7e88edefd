"""What code a control is made of, as a hash: its file and all that it imports."""

from pipeline.execution.code_hash import PLUMBING, fingerprint


def control_code(control: str) -> str:
    """The hash of what decides a control's examples. control: a file of pipeline/controls/."""
    return fingerprint(f"pipeline.controls.{control}", without=PLUMBING)
