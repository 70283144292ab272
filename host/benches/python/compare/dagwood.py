"""Dagwood."""

from __future__ import annotations

import json
import time
from pathlib import Path

from figures import FAN, SHAPES, Run, Trouble
from processes import run_command
from talk import seconds, spans
from tool import Tool


class Dagwood(Tool):
    """The host of this repository: `serve`, and `trigger --wait` on its command line."""

    name = kind = "dagwood"
    remark = "`dagwood serve`; the time from the trigger has the start of the `trigger` command in it"

    def install(self) -> str:
        for path in (self.options.dagwood, self.options.noop):
            if not path.is_file():
                raise Trouble(f"{path.name} is not there; build it, or name it by --dagwood or --noop")
        return self._call("--version").split()[-1]

    def start(self) -> None:
        self._call("--home", self._kept, "plugin", "register", self.options.noop)
        for shape in SHAPES:
            self.write(f"dags/{shape}.toml", self._file(shape))
        log = self.serve("serve", self.options.dagwood, "--home", self._kept, "serve", "--dags", self.home / "dags")
        self.wait("the start", lambda: "ready: " in log.read_text() or None, 0.1)

    def run(self, shape: str) -> Run:
        trigger = time.time()
        told = json.loads(self._call("--home", self._kept, "trigger", shape, "--wait", "--json"))
        shown = self._call("--home", self._kept, "runs", "show", shape, told["run_id"], "--json")
        run = json.loads(shown)
        tasks = run["task_instances"]
        if run["state"] != "success" or len(tasks) != self.length(shape):
            raise Trouble(f"the run with {len(tasks)} tasks ended as {run['state']}")
        return Run(trigger, seconds(run["end_date"]), spans([(task["start_date"], task["end_date"]) for task in tasks]))

    @property
    def _kept(self) -> Path:
        return self.home / "home"

    def _call(self, *arguments: str | Path) -> str:
        command = [self.options.dagwood, *arguments]
        return run_command(command, self.home, self.environment(), self.options.time_out)

    def _file(self, shape: str) -> str:
        if shape == FAN:
            middle = [f"t{at}" for at in range(self.width)]
            tasks, flow = ["root", *middle, "sink"], f"root >> [{', '.join(middle)}] >> sink"
        else:
            tasks = [f"t{at}" for at in range(self.length(shape))]
            flow = " >> ".join(tasks)
        tables = "".join(f'[tasks.{task}]\nplugin = "noop"\n' for task in tasks)
        return f'id = "{shape}"\nflow = ["{flow}"]\n{tables}'
