"""The shapes, what is asked for, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

# The three shapes, which are the ids of the DAGs as well.
SHORT, LONG, FAN = "short", "long", "fan"
SHAPES = (SHORT, LONG, FAN)
SHORT_LENGTH = 3


class Trouble(RuntimeError):
    """Something that keeps a tool from being measured, in words for the table."""


class Busy(Trouble):
    """A server asks to try again later."""


@dataclass(frozen=True)
class Run:
    """One run that ended as a success; all times are seconds since 1970 on this machine's clock."""

    trigger: float
    end: float
    # Start and end of each task, in the order of their starts.
    tasks: list[tuple[float, float]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """From the trigger to the recorded end."""
        return self.end - self.trigger

    def steps_ms(self) -> list[float]:
        """From each task's start to the start of the next."""
        return [(after[0] - before[0]) * 1e3 for before, after in zip(self.tasks, self.tasks[1:])]


@dataclass
class Figures:
    """What came out for one tool; what could not be measured is None, and the notes say why."""

    version: str = ""
    chain_ms: float | None = None
    fan_tasks_per_s: float | None = None
    fan_width: int | None = None
    step_ms: float | None = None
    idle_pss_mb: float | None = None
    notes: str = ""
    skipped: str | None = None

    def note(self, text: str) -> None:
        """Add a note."""
        self.notes = f"{self.notes}; {text}" if self.notes else text


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    folder: Path
    only: list[str]
    width: int
    airflow_width: int
    dagster_width: int
    length: int
    repeat: int
    settle: float
    time_out: float
    dagwood: Path
    noop: Path
    json: Path | None
