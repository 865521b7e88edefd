"""Waiting for what a process is to make: one that ends before that says why, and at once."""

import time


def until(condition, process, seconds=120.0):
    """What condition() returns as soon as it is true, while the process works.

    process: of subprocess.Popen, its output piped as text. It fails with that output if the
    process ends first, or is at work for longer than this many seconds.
    """
    deadline = time.monotonic() + seconds
    while True:
        ended = process.poll() is not None  # asked first: what it made last is seen, too
        if found := condition():
            return found
        if ended or time.monotonic() > deadline:
            break
        time.sleep(0.02)
    if not ended:
        process.kill()
    said = "".join(filter(None, process.communicate(timeout=60)))
    how = f"ended with {process.returncode}" if ended else f"made nothing in {seconds:.0f} s"
    raise AssertionError(f"{' '.join(map(str, process.args))}\n{how}:\n{said}")
