"""What is told to the person at the keyboard: one line, one exit code, no traceback."""

USAGE, NON_FINITE, DATA, RESOURCE, BUSY, CHECKPOINT = 2, 3, 4, 5, 6, 7


class StudyError(Exception):
    """A fault with a name: what is wrong, where, and what is allowed or to be done."""

    def __init__(self, message: str, code: int = USAGE):
        super().__init__(message)
        self.code = code
