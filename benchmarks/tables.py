"""The results as tables: on the terminal and in Markdown, from the same rows."""

from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.bars import GEMM_SHARE

HEADER = (
    "contender",
    "examples/s",
    "spread",
    "µs/round/replica",
    "peak MiB",
    "start s",
    "GEMM",
    "copy",
    "data",
    "noise",
    "processes",
)
NOTES = f"""\
examples/s: real examples shown in a round, over all replicas of the whole machine; median of
the repetitions, with their least and greatest. µs/round/replica: wall time of the machine.
peak MiB: largest resident size of one process, Torch and the data included, loader processes
not. start: from the start of the process to the end of its first round. GEMM and copy: counted
operations and bytes (benchmarks/counts.py) over the best rates measured in the same run, for
GEMM that of the best library here; the larger is the share of the roofline, {GEMM_SHARE:.0%} of
GEMM the bar. Networks that stay in the cache can exceed the copy rate. data, noise: share of a
round that choosing and fetching batches and drawing noise take, timed apart."""


def rows(result: dict[str, Any]) -> list[tuple[str, ...]]:
    """One row a contender, in the columns of HEADER."""
    found = []
    for name, contender in result["contenders"].items():
        if "error" in contender:
            found.append((name, f"failed: {contender['error']}", *[""] * (len(HEADER) - 2)))
            continue
        summary = contender["summary"]
        median = {key: value["median"] for key, value in summary.items()}
        rate = summary["examples_per_s"]
        found.append(
            (
                name,
                f"{rate['median']:,.0f}",
                f"{rate['low']:,.0f} to {rate['high']:,.0f}",
                f"{median['us_per_replica_round']:,.0f}",
                f"{median['device_mib'] or median['peak_mib']:,.0f}",
                f"{median['startup_s']:.1f}",
                f"{median['gemm_share']:.0%}",
                f"{median['copy_share']:.0%}",
                f"{median['data_share']:.1%}",
                f"{median['noise_share']:.1%}",
                contender["layout"],
            )
        )
    return found


def bars(result: dict[str, Any]) -> list[str]:
    """One line a bar: what it asks, what was measured, the verdict."""
    found = []
    for bar in result["bars"]:
        if (measured := bar["measured"]) is None:
            told = ""
        elif measured["low"] == measured["high"]:
            told = f": {measured['median']:.2f}"
        else:
            told = f": {measured['median']:.2f} ({measured['low']:.2f} to {measured['high']:.2f})"
        if bar.get("gemm_share") is not None:
            told += f", {bar['gemm_share']:.0%} of GEMM"
        found.append(f"{bar['verdict'].upper()}  {bar['bar']}{told}")
    return found


def caption(result: dict[str, Any]) -> str:
    """What a round of the workload is."""
    return (
        f"{result['data']}; batch {result['batch']}; a round of a replica: "
        f"{result['examples_per_round']} examples, {result['parameters']:,} parameters, "
        f"{result['flops'] / 1e6:,.1f} MFLOP, {result['bytes'] / 1e6:,.1f} MB"
    )


def machine(results: dict[str, Any]) -> list[str]:
    """The machine and its rates, in lines."""
    found, rates = results["machine"], results["rates"]
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    products = ", ".join(
        f"{name.partition('_')[2]} {rate / 1e9:,.0f}"
        for name, rate in sorted(rates.items())
        if name.startswith("gemm_")
    )
    return [
        f"{found['cpu']}, {found['cores']} cores ({found['instructions']}), "
        f"{found['memory_gib']:g} GiB, device {found['device']}, {found['system']}",
        f"Python {found['python']}, {versions}; code {found['commit']}",
        f"float32 matmul precision {found['matmul_precision']}; load at the start {found['load']}",
        f"GEMM {rates['gemm'] / 1e9:,.0f} GFLOP/s ({products}), "
        f"copy {rates['copy'] / 1e9:,.1f} GB/s",
    ]


def show(console: Console, name: str, result: dict[str, Any]) -> None:
    """Prints one workload."""
    table = Table(title=f"{name}: {result['title']}", caption=caption(result))
    for column in HEADER:
        table.add_column(
            column, justify="left" if column in ("contender", "processes") else "right"
        )
    for row in rows(result):
        table.add_row(*row)
    console.print(table)
    for line in bars(result):
        console.print(line, highlight=False, soft_wrap=True)


def markdown(results: dict[str, Any]) -> str:
    """The whole of the results as a Markdown document."""
    method = results["method"]
    lines = [
        "# Speed",
        "",
        *(f"- {line}" for line in machine(results)),
        f"- {method['repetitions']} repetitions of {method['seconds']:g} s after a warm-up as "
        "long, in turn; each contender in its best layout",
        *(f"- {line}" for line in results["skipped"]),
        "",
        NOTES,
    ]
    for name, result in results["workloads"].items():
        lines += ["", f"## {name}: {result['title']}", "", caption(result) + ".", ""]
        lines += [_row(HEADER), _row(["---"] + ["---:"] * (len(HEADER) - 2) + ["---"])]
        lines += [_row(row) for row in rows(result)]
        lines += ["", *(f"- {line}" for line in bars(result))]
    return "\n".join(lines) + "\n"


def _row(cells):
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"
