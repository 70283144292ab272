"""Compare dagwood with Apache Airflow, Prefect and Dagster on the same shapes.

Every tool is set up as a newcomer would: from the package index into its own virtual environment, with its
defaults, SQLite, no examples and no telemetry. Then four things are measured of each:

1. a chain of 3 tasks that do nothing, from the trigger to the end of the run as the tool recorded it;
2. a fan 1 -> many -> 1 of such tasks, as tasks per second over the same span;
3. the step in a long chain, from one task's recorded start to the next one's, median;
4. the memory (PSS) of all processes that scheduled DAGs need, while nothing happens.

A run is triggered the way the tool offers to programs: a call to its HTTP interface, to its command line
(dagwood), or in the same process ("in process"). One run of the short chain goes before, uncounted.

The step is not the hand-off, which would be from a task's end to the next one's start. dagwood records as a task's
start when its scheduler decides, before the commit and before the component is entered; so the time from a recorded
end to the next recorded start would leave out what others have in it, and flatter dagwood. From start to start, the
whole way of a task is in the figure, wherever on it a tool sets the start.

    python host/benches/python/compare --only dagwood,prefect --width 100 --json figures.json

Needs Linux and Python 3.10 or newer, and nothing beyond the standard library. Apart from the virtual environments
and what `pip` keeps, all files go into a folder that is thrown away, unless one is given by --folder.
"""

from __future__ import annotations

import argparse
import signal
import tempfile
from pathlib import Path

from airflow_tool import Airflow
from dagster_tool import Dagster, DagsterInProcess
from dagwood import Dagwood
from figures import Options
from output import document, machine, table
from prefect_tool import Prefect, PrefectInProcess
from runner import measure
from tool import Tool

ROOT = Path(__file__).resolve().parents[4]
TOOLS: tuple[type[Tool], ...] = (Dagwood, Airflow, Prefect, PrefectInProcess, Dagster, DagsterInProcess)


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    built = ROOT / "target"
    first, kept = (__doc__ or "").splitlines()[0], argparse.ArgumentDefaultsHelpFormatter
    it = argparse.ArgumentParser(description=first, formatter_class=kept)
    it.add_argument("--folder", type=Path, help="keep virtual environments and logs here; default: thrown away")
    it.add_argument("--only", default="", help="tools, joined by commas: " + ", ".join(kind.name for kind in TOOLS))
    it.add_argument("--width", type=int, default=1000, help="width of the fan")
    it.add_argument("--airflow-width", type=int, default=100, help="the same for Airflow")
    it.add_argument("--dagster-width", type=int, default=100, help="the same for Dagster with a process per task")
    it.add_argument("--length", type=int, default=50, help="length of the long chain")
    it.add_argument("--repeat", type=int, default=5, help="runs of the short chain, and at most of the fan")
    it.add_argument("--settle", type=float, default=20.0, help="seconds before the idle memory is read")
    it.add_argument("--time-out", type=float, default=1800.0, help="seconds that each step may take")
    it.add_argument("--dagwood", type=Path, default=built / "release/dagwood", help="dagwood's program")
    it.add_argument("--noop", type=Path, default=built / "wasm32-wasip2/release/noop.wasm", help="dagwood's component")
    it.add_argument("--json", type=Path, help="write the figures to this file as well")
    return it


def chosen(only: list[str]) -> list[type[Tool]]:
    """The tools that are asked for, by their name or kind; all if none is."""
    known = {word for kind in TOOLS for word in (kind.name, kind.kind)}
    if wrong := [name for name in only if name not in known]:
        raise SystemExit(f"--only: no such tool: {', '.join(wrong)}")
    return [kind for kind in TOOLS if not only or kind.name in only or kind.kind in only]


def options_of(arguments: argparse.Namespace, folder: Path) -> Options:
    """The command line with whole paths."""
    values = vars(arguments)
    values["only"] = [name.strip() for name in arguments.only.split(",") if name.strip()]
    for name in ("dagwood", "noop"):
        values[name] = values[name].resolve()
    values["folder"] = folder.resolve()
    return Options(**values)


def compare(options: Options) -> None:
    """Measure all chosen tools and tell what came out."""
    about, results = machine(), {}
    for kind in chosen(options.only):
        results[kind.name] = measure(kind, options)
        if options.json is not None:
            options.json.write_text(document(about, results))
    print(table(about, results))


def end(number: int, _frame: object) -> None:
    """Leave by way of all clean-ups."""
    raise SystemExit(128 + number)


def main() -> None:
    """Run the comparison in the given folder or in one that is thrown away."""
    arguments = parser().parse_args()
    signal.signal(signal.SIGTERM, end)
    if arguments.folder is not None:
        arguments.folder.mkdir(parents=True, exist_ok=True)
        compare(options_of(arguments, arguments.folder))
        return
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        compare(options_of(arguments, Path(folder)))


if __name__ == "__main__":
    main()
