"""What all tools have in common."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from figures import FAN, LONG, SHORT, SHORT_LENGTH, Busy, Options, Run, Trouble
from processes import Services, run_command, wait_for
from talk import HERE

Value = TypeVar("Value")


class Tool(ABC):
    """A tool under test: it is installed, started, and then runs shapes and tells its memory."""

    name: str
    # Tools of one kind share a virtual environment, and `--only` takes the kind as well.
    kind: str
    remark: str

    def __init__(self, options: Options) -> None:
        self.options = options
        self.services = Services()
        self.home = options.folder / f"work-{self.name.replace(' ', '-')}"
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        (options.folder / "tmp").mkdir(exist_ok=True)

    @property
    def width(self) -> int:
        """How many tasks stand in the middle of the fan."""
        return self.options.width

    @abstractmethod
    def install(self) -> str:
        """Install it and give its version."""

    @abstractmethod
    def start(self) -> None:
        """Start what has to stay, and return when it takes runs of all shapes."""

    @abstractmethod
    def run(self, shape: str) -> Run:
        """Trigger a run, wait for its end, and read what was recorded; only the long chain needs its tasks."""

    def idle_mb(self) -> float | None:
        """The memory of what stays, after some seconds in which nothing happens."""
        time.sleep(self.options.settle)
        return self.services.pss_mb()

    def length(self, shape: str) -> int:
        """How many tasks a run of this shape has."""
        return {SHORT: SHORT_LENGTH, LONG: self.options.length, FAN: self.width + 2}[shape]

    def write(self, name: str, text: str) -> Path:
        """Write a file into the tool's folder."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def environment(self) -> dict[str, str]:
        """The variables for its processes: ours, without those that set up one of the tools or Python."""
        alien = ("AIRFLOW", "PREFECT", "DAGSTER", "DAGWOOD", "PYTHON", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(alien)}
        direct = {"no_proxy": f"{HERE},localhost", "NO_PROXY": f"{HERE},localhost"}
        own = {"HOME": str(self.home), "TMPDIR": str(self.options.folder / "tmp"), "DO_NOT_TRACK": "1"}
        return {**kept, **direct, **own}

    def serve(self, name: str, *command: str | Path) -> Path:
        """Start a process that stays; gives its log."""
        log = self.home / f"{name}.log"
        self.services.start(command, self.home, self.environment(), log)
        return log

    def wait(self, what: str, look: Callable[[], Value | None], pause: float = 1.0) -> Value:
        """Wait for something while the processes that stay do stay."""

        def look_and_check() -> Value | None:
            self.services.check()
            try:
                return look()
            except Busy:
                return None

        return wait_for(what, self.options.time_out, look_and_check, pause)


class PythonTool(Tool):
    """A tool from the package index, in a virtual environment."""

    # What to ask pip for; the next line is tried if there is no such version.
    requirements: tuple[tuple[str, ...], ...]

    def install(self) -> str:
        if not self._python.exists():
            self._outside(sys.executable, "-m", "venv", self._venv)
        trouble = Trouble("nothing to install")
        for wanted in self.requirements:
            try:
                self._outside(self._python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted)
                break
            except Trouble as error:
                trouble = Trouble(f"cannot be installed: {error}")
        else:
            raise trouble
        package = self.requirements[0][0].partition("==")[0]
        ask = f"import importlib.metadata as m; print(m.version({package!r}))"
        return self._outside(self._python, "-c", ask).strip()

    def environment(self) -> dict[str, str]:
        mine = super().environment()
        return {**mine, "PATH": f"{self._venv / 'bin'}{os.pathsep}{mine.get('PATH', '')}"}

    def command(self, name: str) -> Path:
        """A command of the virtual environment."""
        return self._venv / "bin" / name

    def call_in_process(self, script: str, shape: str) -> dict[str, Any]:
        """Run a shape by a script that calls it after one that does not count, and read what it tells."""
        told = self.home / "told.json"
        told.unlink(missing_ok=True)
        command: list[str | Path] = [self._python, self.home / script, "run", shape, told]
        run_command(command, self.home, self.environment(), self.options.time_out)
        return dict(json.loads(told.read_text()))

    @property
    def _venv(self) -> Path:
        return self.options.folder / f"venv-{self.kind}"

    @property
    def _python(self) -> Path:
        return self._venv / "bin" / "python"

    def _outside(self, *command: str | Path) -> str:
        return run_command(command, self.options.folder, os.environ, self.options.time_out)
