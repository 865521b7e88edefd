"""Files are a function of their content, to the byte."""

import numpy as np

from pipeline.results.files import digest, read_npz, write_npz

ARRAYS = {
    "network/0.weight": np.arange(6.0, dtype="<f4").reshape(2, 3).T,
    "round": np.array([0, 10], dtype="<i8"),
    "words": np.array("σ"),
}
DIGEST = "43d20f41a0c25688fccb0360fa3b175e1009d0c185fce56bb005a9dd0772e200"


def test_an_npz_has_the_same_bytes_under_every_python(tmp_path):
    """The digest is of the file that Python 3.11.2 and 3.11.7 write: a fingerprint of a run
    holds the digest of its data, so another would train every run anew."""
    write_npz(tmp_path / "a.npz", ARRAYS)
    assert digest(tmp_path / "a.npz") == DIGEST


def test_an_npz_is_read_as_it_was_written(tmp_path):
    write_npz(tmp_path / "a.npz", ARRAYS)
    for found in (read_npz(tmp_path / "a.npz"), np.load(tmp_path / "a.npz")):
        assert set(found) == set(ARRAYS)
        for name, array in ARRAYS.items():
            np.testing.assert_array_equal(found[name], array)
            assert found[name].dtype == array.dtype
