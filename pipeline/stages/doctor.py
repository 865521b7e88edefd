"""Command doctor: what keeps a study from running, in one line each; with --fix it is mended.

    python -m pipeline doctor [--fix]

reads   params.yaml, claims.yaml, dvc.lock, .dvc/tmp/rwlock, and every stored file: DVC's cache,
        work/, and the results of stages that dvc.lock lists
writes  with --fix only: removes lock files of processes that have ended, parts that killed
        writers have left, and objects of the cache whose bytes are not what their names say;
        restores dvc.lock from Git, or sets it aside; renews the time of a result that was changed
        unseen, so that DVC looks at it. What was removed is made again by `dvc repro`.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from configparser import ConfigParser, Error
from pathlib import Path
from typing import NamedTuple

from ruamel.yaml.error import YAMLError

from pipeline.execution import machine
from pipeline.results.files import PART, digest, read_json, write_text
from pipeline.stages import check, ledger
from pipeline.study import requirements, yaml
from pipeline.study.errors import DATA, StudyError

LOCK, RWLOCK = Path("dvc.lock"), Path(".dvc/tmp/rwlock")


class Fault(NamedTuple):
    """What is wrong, and how it is mended, in words and in deed; None: only a person can."""

    line: str
    remedy: str
    mend: Callable[[], object] | None


def main(fix: bool = False) -> None:
    """Tell all faults of the study in the current folder, and mend them if asked."""
    print(
        f"{machine.cores()} cores, {(machine.memory() or 0) / 2**30:.1f} GiB for this job; "
        f"Python {sys.version.split()[0]}"
    )
    left = 0
    for fault in (*_of_packages(), *_of_files(), *_of_dvc(), *_of_stores()):
        mended = fix and fault.mend is not None
        if mended and fault.mend:
            fault.mend()
        left += not mended
        print(f"{fault.line}; {'mended: ' if mended else ''}{fault.remedy}")
    if left:
        raise StudyError(f"{left} faults left; --fix mends what it can", DATA)
    print("Every stored file is as it was written.")


def _of_packages() -> Iterator[Fault]:
    for line in requirements.lacking():
        yield Fault(line, "install it", None)


def _of_files() -> Iterator[Fault]:
    """What `check` says."""
    try:
        ledger.check(check.study())
    except StudyError as error:
        for line in str(error).splitlines():
            yield Fault(line, "edit the file", None)


def _of_dvc() -> Iterator[Fault]:
    """DVC's own files."""
    if RWLOCK.exists() and not _is_sound_rwlock():
        if _dvc_runs():
            yield Fault(f"{RWLOCK}: broken, and a dvc is running here", "let it end first", None)
        else:
            yield Fault(f"{RWLOCK}: left by a dvc that was killed", "remove it", RWLOCK.unlink)
    if LOCK.exists() and (wrong := _wrong_lock(LOCK.read_bytes())):
        kept = subprocess.run(["git", "show", f"HEAD:./{LOCK}"], capture_output=True, check=False)
        if kept.returncode == 0 and not _wrong_lock(kept.stdout):
            mend: Callable[[], object] = lambda: write_text(LOCK, kept.stdout.decode())  # noqa: E731
            yield Fault(f"{LOCK}: {wrong}", "restore that of Git's last commit", mend)
        else:
            aside = LOCK.with_name("dvc.lock.broken")
            yield Fault(
                f"{LOCK}: {wrong}", f"set it aside as {aside}", lambda: os.replace(LOCK, aside)
            )


def _is_sound_rwlock() -> bool:
    """Whether DVC can read the file, and each process that it names is alive."""
    try:
        owners = read_json(RWLOCK).values()
        named = [o for owner in owners for who in owner.values() for o in _listed(who)]
        return all(_is_alive(int(owner["pid"])) for owner in named)
    except (StudyError, AttributeError, KeyError, TypeError, ValueError, OSError):
        return False


def _listed(who: object) -> list[dict]:
    return who if isinstance(who, list) else [who] if isinstance(who, dict) and who else []


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _dvc_runs() -> bool:
    """Whether a dvc works in this folder, as far as its processes can be seen."""
    import psutil  # DVC needs it

    here = Path.cwd()
    for process in psutil.process_iter(["cmdline", "cwd"]):
        words, cwd = process.info["cmdline"] or [], process.info["cwd"]
        if any(Path(word).name == "dvc" for word in words[:3]) and cwd == str(here):
            return True
    return False


def _wrong_lock(raw: bytes) -> str:
    """What is wrong with the bytes of a dvc.lock; "" if nothing is."""
    try:
        content = yaml.parsed(raw.decode("utf-8"), LOCK)
    except StudyError as error:
        return str(error).partition(": ")[2]
    except Exception as error:  # whatever a YAML reader says of it
        return f"not YAML ({type(error).__name__})"
    return "" if isinstance(content, dict) and "stages" in content else "without stages"


def _of_stores() -> Iterator[Fault]:
    """Stored files whose bytes are not what was written, and parts of files."""
    for part in sorted(Path().rglob(f".*-*{PART}")):
        if time.time() - part.stat().st_mtime > 1:  # a whole one lives for less
            yield Fault(f"{part}: left by a writer that was killed", "remove it", part.unlink)
    for file in sorted(_cache().glob("??/*")):
        if _md5(file) != file.parent.name + file.name.removesuffix(".dir"):
            yield Fault(f"{file}: not the bytes that its name says", "remove it", file.unlink)
    store = Path(os.environ.get("DSTAR_WORK") or "work")
    for record in sorted(store.glob("*/done.json")):
        yield from (Fault(line, "remove its record", record.unlink) for line in _changed(record))
    for file, known in _results():
        if file.is_file() and _md5(file) != known:
            yield Fault(f"{file}: not as its stage wrote it", "let DVC look again", file.touch)


def _cache() -> Path:
    """The folder of DVC's cache, as its configuration says."""
    place = Path(".dvc/cache")
    for name in (".dvc/config", ".dvc/config.local"):
        config = ConfigParser()
        try:
            config.read(name, encoding="utf-8")
            place = Path(".dvc", config["cache"]["dir"].strip("'\""))
        except (Error, KeyError, UnicodeDecodeError):
            continue
    return place / "files" / "md5"


def _md5(file: Path) -> str:
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "md5").hexdigest()


def _changed(record: Path) -> Iterator[str]:
    """A line on the first result of a unit that is not as its record says."""
    try:
        files = read_json(record)["files"].items()
        for name, stated in files:
            file = record.with_name(name)
            if not file.is_file() or digest(file) != stated["sha256"]:
                yield f"{file}: lost or changed since it was trained"
                return
    except (StudyError, AttributeError, KeyError, TypeError):
        yield f"{record}: not a record of this version"


def _results() -> Iterator[tuple[Path, str]]:
    """Each file that dvc.lock lists as the result of a stage, with its MD5."""
    try:
        stages = yaml.parsed(LOCK.read_text(encoding="utf-8"), LOCK)["stages"].values()
        outs = [out for stage in stages for out in stage.get("outs", [])]
        for out in outs:
            path, known = Path(out["path"]), out["md5"]
            if not known.endswith(".dir"):
                yield path, known
                continue
            listed = _cache() / known[:2] / known[2:]
            if listed.is_file():
                for entry in json.loads(listed.read_bytes()):
                    yield path / entry["relpath"], entry["md5"]
    except (StudyError, YAMLError, OSError, AttributeError, KeyError, TypeError, ValueError):
        return  # said above
