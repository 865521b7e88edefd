"""An error that nobody foresaw, as in a model that is being written, in four lines.

    error[70]: RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x3 and 2x128)
      at pipeline/models/mine.py:41 in generator_loss
      fake = net.discriminator(self.sample(net, noise))
      the whole traceback: work/traceback.txt

Named is the line that a person has written: that of a formula or a game, not that of the engine
which called it, nor a deeper one of Torch.
"""

import os
import re
import traceback
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]  # of the code that runs
TRACEBACK = Path("work", "traceback.txt")
# Where formulas and games are: the rest only calls them, and is seldom what is wrong.
WRITTEN = ("models", "objectives", "networks", "metrics", "figures", "controls", "datasets")
CALL = re.compile(r'File "(.+?)", line (\d+), in (\S+)\n(?: {4,}(.*))?')
LONGEST = 300  # letters of a message that are told


def told(error: BaseException) -> list[str]:
    """What is told of an error that nobody foresaw; its traceback goes to TRACEBACK."""
    whole = "".join(traceback.format_exception(error))
    first = str(error).strip().partition("\n")[0][:LONGEST]
    lines = [f"{type(error).__name__}{': ' if first else ''}{first}"]
    lines += [line for line in _place(error, whole) if line]
    file = Path(os.environ.get("DVC_ROOT", "."), TRACEBACK)
    with suppress(OSError):
        file.parent.mkdir(exist_ok=True)
        file.write_text(whole, encoding="utf-8")
        lines.append(f"the whole traceback: {file}")
    return lines


def _place(error: BaseException, whole: str) -> list[str]:
    """Where it comes from: the deepest call of a formula or a game, else of this repository.

    Read from the text of the traceback, which of a forked process is all that there is. What
    cannot be read as Python names its own line.
    """
    if isinstance(error, SyntaxError) and error.filename:
        calls = [(error.filename, str(error.lineno), "", error.text or "")]
    else:
        calls = CALL.findall(whole)
    ours = [
        (Path(file).relative_to(ROOT), line, function, text)
        for file, line, function, text in calls
        if _is_ours(file)
    ]
    written = [call for call in ours if call[0].parts[1:2] and call[0].parts[1] in WRITTEN]
    for file, line, function, text in (written or ours)[-1:]:
        return [f"at {file.as_posix()}:{line}{' in ' if function else ''}{function}", text.strip()]
    return []


def _is_ours(file: str) -> bool:
    return Path(file).is_relative_to(ROOT) and "site-packages" not in file
