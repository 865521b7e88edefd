"""A fixture of tests here; in tests/conftest.py it would stand under the hash of all claims."""

from tests.engine.shared import traced_once

__all__ = ["traced_once"]
