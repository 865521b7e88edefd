"""licences.md lists every package that is installed here, and the licence of each."""

from pathlib import Path

from tests import licences

LISTED = licences.listed(Path("licences.md").read_text(encoding="utf-8"))


def test_every_package_is_listed():
    told = "run `python -m tests.licences > licences.md`"
    assert [package for package, _ in licences.rows() if package not in LISTED] == [], told


def test_every_package_states_one():
    assert LISTED
    assert [package for package, licence in LISTED.items() if licence == licences.UNKNOWN] == []
