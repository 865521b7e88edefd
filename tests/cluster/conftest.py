"""The result of an undisturbed training."""

from tests.execution.conftest import whole as whole
