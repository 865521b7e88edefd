"""The PNG files of a run: what its replicas generate, and how they were trained.

Drawn on the same panels as the page. Palettes of 64 colours, no date, no version: the bytes are
a function of the study.
"""

import io
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from PIL import Image

from pipeline.page import curves, samples
from pipeline.page.inputs import Finished
from pipeline.page.words import spoken
from pipeline.results.sheets import Sheet

STYLE: Any = {
    "figure.dpi": 100,
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8a867e",
    "xtick.color": "#55524c",
    "ytick.color": "#55524c",
}


def png(figure: Figure) -> bytes:
    """A figure as a PNG of 64 colours."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150)
    buffer.seek(0)
    small = io.BytesIO()
    Image.open(buffer).convert("RGB").quantize(64).save(small, "PNG", optimize=True)
    return small.getvalue()


def curves_png(run: Finished, title: str) -> bytes:
    """The training curves of a run, a panel a term."""
    drawn = curves.panels(run.curves)
    columns = min(2, len(drawn))
    rows = -(-len(drawn) // columns)
    with rc_context(STYLE):
        figure = _figure(4.3 * columns, 2.8 * rows + 0.3, title, bottom=0.45, left=0.5)
        for place, panel in enumerate(drawn):
            curves.draw(figure.add_subplot(rows, columns, place + 1), panel)
        return png(figure)


def samples_png(run: Finished, title: str, real: np.ndarray, dataset: Any) -> bytes:
    """What every replica generates, test data first.

    real: test examples, shape (N, features). dataset: the run's DataSet.
    """
    named = [
        ("test data", real),
        *zip(run.replicas, run.samples, strict=True),
    ]
    if samples.kind(run.shape) == "image":
        return _images_png([(name, x[: 2 * samples.ROW]) for name, x in named], title, run.shape)
    low, high = samples.frame(real)
    columns = 4
    rows = -(-len(named) // columns)
    with rc_context(STYLE):
        figure = _figure(8.4, 2.1 * rows + 0.3, title, bottom=0.1, left=0.1)
        for place, (name, x) in enumerate(named):
            axes = figure.add_subplot(rows, columns, place + 1, title=name)
            samples.draw(axes, x, dataset, low, high)
        return png(figure)


def sheet_png(sheet: Sheet, title: str) -> bytes:
    """A sheet of an experiment's figures. title: of the PNG."""
    named = [(spoken(name), x) for name, x in zip(sheet.rows, sheet.images, strict=True)]
    return _images_png(named, title, sheet.shape)


def _images_png(named, title, shape):
    """Rows of images with their names, on one pair of axes."""
    rows = [samples.tiles(x, shape)[..., 0] for _, x in named]
    pitch = shape[0] + 2
    sheet = np.full((len(rows) * pitch - 2, rows[0].shape[1]), 255, np.uint8)
    for i, row in enumerate(rows):
        sheet[i * pitch : i * pitch + shape[0], : row.shape[1]] = row
    with rc_context(STYLE):
        wide = 7.6 * min(1, sheet.shape[1] / (2 * samples.ROW * (shape[1] + 1)))
        wide = max(wide, 0.075 * len(title))  # the title needs that
        tall = wide * sheet.shape[0] / sheet.shape[1]
        left = max(0.8, 0.2 + 0.065 * max(len(name) for name, _ in named))
        figure = _figure(wide + left + 0.1, tall + 0.65, title, bottom=0.1, left=left)
        axes = figure.add_subplot()
        axes.imshow(sheet, "gray", vmin=0, vmax=255, aspect="auto", interpolation="nearest")
        axes.set_xticks([])
        axes.set_yticks([i * pitch + shape[0] / 2 for i in range(len(rows))])
        axes.set_yticklabels([name for name, _ in named])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        return png(figure)


def _figure(width, height, title, bottom, left):
    """An empty figure with margins in inches: fixed, since measuring the text is slow."""
    figure = Figure(figsize=(width, height))
    figure.suptitle(title, fontsize=10, y=1 - 0.06 / height, va="top")
    figure.subplots_adjust(
        left=left / width,
        right=1 - 0.1 / width,
        bottom=bottom / height,
        top=1 - 0.55 / height,
        hspace=0.45 if bottom > 0.2 else 0.2,
        wspace=0.2 if bottom > 0.2 else 0.06,
    )
    return figure


def of_run(
    experiment: str, run: Finished, real: np.ndarray, dataset: Any, many: bool
) -> dict[str, bytes]:
    """The PNGs of a run by file name; without its curves where an experiment has many runs.

    real: test examples, shape (N, features). dataset: the run's DataSet.
    """

    def title(what):
        return f"{spoken(experiment)}: {spoken(run.name)}, {what} of {len(run.seeds)} replicas"

    made = {}
    if not many:
        made[f"{run.name}-curves.png"] = curves_png(run, title("training"))
    if samples.shown(run):
        made[f"{run.name}-samples.png"] = samples_png(run, title("samples"), real, dataset)
    return made


def of_sheets(experiment: str, sheets: list[Sheet]) -> dict[str, bytes]:
    """The PNGs of an experiment's figures by file name: those of one figure numbered from 1."""
    made = {}
    for sheet in sheets:
        number = 1 + [s.title for s in sheets if s.figure == sheet.figure].index(sheet.title)
        title = f"{spoken(experiment)}: {spoken(sheet.title)}"
        made[f"{sheet.figure}-{number}.png"] = sheet_png(sheet, title)
    return made
