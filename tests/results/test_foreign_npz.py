"""An .npz from elsewhere is refused in one line, and nothing of it is done."""

import io
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pytest

from pipeline.results.files import read_npz
from pipeline.study.errors import DATA, StudyError


class Evil:
    """What makes a file when it is unpickled."""

    def __reduce__(self):
        return Path.touch, (Path("sentinel"),)


def entry(array, **options):
    written = io.BytesIO()
    np.lib.format.write_array(written, array, **options)
    return written.getvalue()


def archive(**entries):
    """An .npz with these entries, as bytes. A tuple is (content, how it is packed)."""
    written = io.BytesIO()
    with ZipFile(written, "w") as file:
        for name, content in entries.items():
            content, how = content if isinstance(content, tuple) else (content, 0)
            file.writestr(ZipInfo(f"{name}.npy"), content, compress_type=how)
    return written.getvalue()


def twice(content):
    written = io.BytesIO()
    with ZipFile(written, "w") as file:
        file.writestr(ZipInfo("a.npy"), content)
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr(ZipInfo("a.npy"), content)
    return written.getvalue()


EVIL = b"cos\nsystem\n(S'touch sentinel'\ntR."  # what runs a command when it is unpickled
GOOD = entry(np.arange(3.0))
OBJECTS = entry(np.array([Evil()], dtype=object), allow_pickle=True)
BOMB = entry(np.zeros(2**23))  # 64 MiB, of which 65 kB are left


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lambda: EVIL, id="a pickle"),
        pytest.param(lambda: archive(a=OBJECTS), id="pickled objects"),
        pytest.param(lambda: archive(a=EVIL), id="a pickle as an entry"),
        pytest.param(lambda: archive(a=(BOMB, ZIP_DEFLATED)), id="a bomb"),
        pytest.param(lambda: twice(GOOD), id="one name twice"),
        pytest.param(lambda: archive(a=GOOD.replace(b"(3,)", b"(9,)")), id="a shape too large"),
        pytest.param(lambda: archive(a=GOOD.replace(b"<f8", b"|O8")), id="another type"),
        pytest.param(lambda: archive(a=GOOD[:-4]), id="an entry cut short"),
        pytest.param(lambda: archive(a=GOOD)[:-9], id="a file cut short"),
        pytest.param(lambda: b"", id="nothing"),
    ],
)
def test_a_foreign_npz_is_refused_in_one_line_and_nothing_of_it_is_done(folder, content):
    """Checkpoints and weights come from elsewhere: none may run code or fill the memory."""
    Path("a.npz").write_bytes(content())
    with pytest.raises(StudyError, match=r"a\.npz: not a sound \.npz file") as told:
        read_npz("a.npz")
    assert told.value.code == DATA
    assert "\n" not in str(told.value)
    assert not Path("sentinel").exists()


def test_a_name_that_leads_out_of_the_folder_writes_nothing(folder):
    """Entries are names of arrays, and are never files."""
    Path("a.npz").write_bytes(archive(**{"../../outside": GOOD}))
    assert list(read_npz("a.npz")) == ["../../outside"]
    assert sorted(path.name for path in Path().iterdir()) == ["a.npz"]
