"""The committed studies, read and checked once for all tests that only look at them."""

from functools import cache

from pipeline.stages import check
from tests.tiny import REPOSITORY


@cache
def study(path: str = "params.yaml"):
    return check.study(REPOSITORY / path)
