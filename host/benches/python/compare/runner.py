"""The measurements, one tool after the other."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable

from figures import FAN, LONG, SHORT, SHORT_LENGTH, Figures, Options, Trouble
from output import short
from tool import Tool

# A fan is run again while all its runs together took less than this.
FAN_SECONDS = 30.0


def say(text: str) -> None:
    """Tell on standard error how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def measure_idle(tool: Tool, figures: Figures) -> None:
    """The memory while nothing happens."""
    figures.idle_pss_mb = tool.idle_mb()


def measure_chain(tool: Tool, figures: Figures) -> None:
    """The short chain, some times over."""
    tool.run(SHORT)
    times = [tool.run(SHORT).seconds * 1e3 for _ in range(tool.options.repeat)]
    figures.chain_ms = statistics.median(times)
    figures.note(f"chain of {SHORT_LENGTH}: {short(min(times))} to {short(max(times))} ms in {len(times)} runs")


def measure_step(tool: Tool, figures: Figures) -> None:
    """The long chain, once."""
    run = tool.run(LONG)
    if len(run.tasks) != tool.options.length:
        raise Trouble(f"{len(run.tasks)} tasks are recorded")
    steps = run.steps_ms()
    figures.step_ms = statistics.median(steps)
    figures.note(f"chain of {len(run.tasks)}: steps of {short(min(steps))} to {short(max(steps))} ms")


def measure_fan(tool: Tool, figures: Figures) -> None:
    """The fan, more than once where that is quick."""
    figures.fan_width = tool.width
    times: list[float] = []
    while not times or (len(times) < tool.options.repeat and sum(times) < FAN_SECONDS):
        times.append(tool.run(FAN).seconds)
    figures.fan_tasks_per_s = tool.length(FAN) / statistics.median(times)
    figures.note(f"fan: {short(statistics.median(times))} s, median of {len(times)}")


MEASURES: tuple[tuple[str, Callable[[Tool, Figures], None]], ...] = (
    ("idle memory", measure_idle),
    ("short chain", measure_chain),
    ("long chain", measure_step),
    ("fan", measure_fan),
)


def measure(kind: type[Tool], options: Options) -> Figures:
    """Install, start and measure one tool, and end all that it started."""
    figures, tool = Figures(notes=f"{kind.remark}; load {os.getloadavg()[0]:.2f} before"), kind(options)
    try:
        say(f"{tool.name}: install")
        figures.version = tool.install()
        say(f"{tool.name} {figures.version}: start")
        tool.start()
        for what, how in MEASURES:
            say(f"{tool.name}: {what}")
            measure_one(what, how, tool, figures)
    except Exception as error:  # One tool's failure is no reason to leave out the others.
        figures.skipped = reason(error)
        say(f"{tool.name}: SKIPPED: {figures.skipped}")
    finally:
        tool.services.stop()
    return figures


def measure_one(what: str, how: Callable[[Tool, Figures], None], tool: Tool, figures: Figures) -> None:
    """Measure one thing; if that fails, the others can still be measured."""
    try:
        how(tool, figures)
    except Exception as error:
        figures.note(f"{what} FAILED: {reason(error)}")
        say(f"{tool.name}: {what} FAILED: {reason(error)}")


def reason(error: Exception) -> str:
    """Why something failed, on one line that fits into the table."""
    text = str(error) if isinstance(error, Trouble) else f"{type(error).__name__}: {error}"
    return " ".join(text.split()).replace("|", "/")[:400]
