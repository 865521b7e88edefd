"""No damage to a stored file goes unnoticed: cut anywhere, or any bit of it flipped."""

import pytest

from pipeline.results.files import write_text
from tests import damage
from tests.execution.interrupted import interrupted, unit
from tests.stages.test_unmoved import LEDGER

EACH = 25  # truncations, and as many flips; tests/soak.py has a thousand of each


@pytest.mark.fault
def test_a_damaged_file_is_refused_or_says_the_same(folder, monkeypatch):
    """Every kind of file that is read again: of data/, work/, runs/ and reports/."""
    u = unit(folder)
    write_text("claims.yaml", LEDGER)
    interrupted(u, monkeypatch)
    stores = damage.stores(u)
    for name, stored in stores.items():
        refused, wrong = damage.unnoticed(stored, EACH)
        assert not wrong, (name, wrong)
        assert refused >= EACH, name
    assert {name.split("/")[0] for name in stores} == {"data", "work", "runs", "reports"}
