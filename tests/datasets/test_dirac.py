"""The Dirac data are all 0, and no figure shows them."""

import numpy as np

from pipeline.datasets import dirac
from pipeline.page.samples import kind
from pipeline.results import data as stored
from pipeline.results.files import write_npz


def test_every_example_is_zero(tmp_path):
    dataset = dirac.DataSet(train=3, test=2)
    write_npz(tmp_path / "dirac.npz", dataset.splits())
    loaded = stored.load("dirac", dataset, tmp_path)
    for split, count in (("train", 3), ("validation", 1), ("test", 2)):
        np.testing.assert_array_equal(loaded[split]["x"], np.zeros((count, 1), np.float32))
        np.testing.assert_array_equal(loaded[split]["label"], np.zeros(count, np.int64))


def test_the_page_draws_no_density_of_it():
    assert kind(dirac.DataSet.shape) == "none"
