"""The engine against the field's own loops, on identical work, in one command.

    python -m benchmarks.speed [--quick] [--workloads mlp_gan ...] [--device cuda]

Seven workloads (benchmarks/workloads.py), the engine at several R and its rivals (benchmarks/
contenders/), each in processes of its own and in its best layout, in turn (benchmarks/race.py);
counted work against measured rates (counts.py, rates.py); bars with their verdicts (bars.py).

writes  benchmarks/results/<machine>.json and .md    where all of it is run, or --out says so
"""

import argparse
import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from benchmarks import bars, counts, machine, race, tables
from benchmarks.workloads import Workload, examples, workloads
from pipeline.results.files import write_json, write_text
from pipeline.study.errors import StudyError

REPLICAS = {"cpu": [1, 4, 10, 32], "cuda": [1, 10, 50]}
RESULTS = Path("benchmarks/results")
FIELD = "benchmarks.contenders"


def main() -> None:
    chosen = arguments()
    console = Console(width=None if os.isatty(1) else 160)
    found: dict[str, Any] = {
        "format": 1,
        "machine": machine.describe(chosen.device),
        "method": {"repetitions": chosen.repetitions, "seconds": chosen.seconds},
        "rates": {},
        "skipped": [],
        "workloads": {},
    }
    if found["machine"]["load"] > machine.cores() / 4:
        console.print(f"busy machine: load {found['machine']['load']}; ratios hold, times do not")
    with tempfile.TemporaryDirectory() as folder:
        job = {"device": chosen.device, "seconds": chosen.seconds, "folder": folder, "data": None}
        field = race.entries(chosen.replicas or REPLICAS[chosen.device])
        field = [e for e in field if chosen.contenders is None or e.contender in chosen.contenders]
        field = present(field, found["skipped"], console)
        rates(found["rates"], job)
        for name in chosen.workloads:
            workload = workloads()[name]
            result = compete(workload, field, job, chosen.repetitions, console)
            rates(found["rates"], job)  # the best of all times that it was measured
            found["workloads"][name] = result
            for earlier, its in found["workloads"].items():  # by the same rates for all
                conclude(earlier, its, found["rates"], chosen.device)
            tables.show(console, name, result)
            if chosen.out:
                write(found, chosen.out)
    console.print("\n".join(tables.machine(found)), highlight=False, soft_wrap=True)
    console.print(tables.NOTES, highlight=False, soft_wrap=True)


def arguments() -> argparse.Namespace:
    """What is asked for; a run of everything is the one that is written down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = list(workloads())
    parser.add_argument("--workloads", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--contenders", nargs="+", metavar="FILE", help="of benchmarks/contenders")
    parser.add_argument("--replicas", nargs="+", type=int, metavar="R", help="of the engine")
    parser.add_argument("--repetitions", type=int, metavar="N")
    parser.add_argument("--seconds", type=float, help="of timed rounds in a repetition")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--quick", action="store_true", help="one short repetition")
    parser.add_argument("--out", type=Path, help=f"where results go; all of it: {RESULTS}")
    chosen = parser.parse_args()
    chosen.seconds = chosen.seconds or (0.5 if chosen.quick else 2.0)
    chosen.repetitions = chosen.repetitions or (1 if chosen.quick else 3)
    whole = chosen.workloads == names and not (chosen.contenders or chosen.quick)
    chosen.out = chosen.out or (RESULTS if whole else None)
    return chosen


def present(field: list[race.Entry], skipped: list[str], console: Console) -> list[race.Entry]:
    """The contenders that are installed; each other gets its one line."""
    here = []
    for entry in field:
        missing = import_module(f"{FIELD}.{entry.contender}").missing
        if missing:
            skipped.append(missing)
            console.print(missing, highlight=False)
        else:
            here.append(entry)
    return here


def rates(best: dict[str, float], job: dict[str, Any]) -> None:
    """Raises each rate to what the machine can do now, split as suits it best."""
    layouts = race.layouts(race.Entry("rates", "rates"), machine.cores(), job["device"])
    for layout in layouts:
        for name, value in race.measure("rates", layout, job).items():
            best[name] = max(best.get(name, 0.0), value)


def compete(
    workload: Workload,
    field: list[race.Entry],
    job: dict[str, Any],
    repetitions: int,
    console: Console,
) -> dict[str, Any]:
    """One workload: a trial of each layout, then the repetitions in turn."""
    x, source = examples(workload.data)
    job = job | {"workload": workload.name, "data": f"{job['folder']}/{workload.data}.npy"}
    np.save(job["data"], x)
    size = sum(p.numel() for n in workload.model.networks().values() for p in n.parameters())
    need = counts.work(workload)
    contenders: dict[str, Any] = {}
    best: dict[str, race.Layout] = {}
    field = [e for e in field if import_module(f"{FIELD}.{e.contender}").plays(workload)]
    for entry in field:
        trials = {}
        try:
            for layout in race.layouts(entry, machine.cores(), job["device"]):
                with console.status(f"{workload.name}: {entry.name}, trial of {layout}"):
                    measured = race.measure(entry.contender, layout, job)
                trials[layout.told] = measured["replica_rounds_per_s"]
                if trials[layout.told] == max(trials.values()):
                    best[entry.name] = layout
        except race.Failed as failure:
            contenders[entry.name] = {"error": str(failure)}
            continue
        told = best[entry.name].told
        contenders[entry.name] = {"layout": told, "trials": trials, "samples": []}
    for repetition in range(repetitions):
        for entry in field:
            if "error" in contenders[entry.name]:
                continue
            try:
                with console.status(
                    f"{workload.name}: {entry.name}, {repetition + 1}/{repetitions}"
                ):
                    sample = race.measure(entry.contender, best[entry.name], job)
                contenders[entry.name]["samples"].append(sample)
            except race.Failed as failure:
                contenders[entry.name] = {"error": str(failure)}
    return {
        "title": workload.title,
        "data": source,
        "batch": workload.batch,
        "examples_per_round": workload.examples,
        "parameters": size,
        "flops": need.flops,
        "bytes": need.bytes,
        "contenders": contenders,
    }


def conclude(name: str, result: dict[str, Any], best: dict[str, float], device: str) -> None:
    """Adds to a workload's result its summaries, ratios and bars."""
    for contender in result["contenders"].values():
        if "samples" in contender:
            for sample in contender["samples"]:
                rate = sample["replica_rounds_per_s"]
                sample["examples_per_s"] = rate * result["examples_per_round"]
                sample["gemm_share"] = rate * result["flops"] / best["gemm"]
                sample["copy_share"] = rate * result["bytes"] / best["copy"]
                sample["roofline_share"] = max(sample["gemm_share"], sample["copy_share"])
            keys = contender["samples"][0]
            contender["summary"] = {
                key: bars.spread([sample[key] for sample in contender["samples"]]) for key in keys
            }
    result["ratios"] = bars.ratios(result["contenders"], f"engine R={bars.REPLICAS[device]}")
    result["bars"] = bars.judged(name, result, device)


def write(found: dict[str, Any], folder: Path) -> None:
    """The results so far, as JSON and as Markdown."""
    place = folder / machine.slug(found["machine"])
    write_json(place.with_suffix(".json"), found)
    write_text(place.with_suffix(".md"), tables.markdown(found))


if __name__ == "__main__":
    try:
        main()
    except StudyError as fault:
        print(f"error[{fault.code}]: {fault}", file=sys.stderr)
        sys.exit(fault.code)
