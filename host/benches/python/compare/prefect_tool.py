"""Prefect, with and without its scheduling."""

from __future__ import annotations

import time
from typing import Any

from figures import LONG, SHAPES, SHORT_LENGTH, Options, Run, Trouble
from talk import HERE, free_port, http, quietly, seconds, spans
from tool import PythonTool

PREFECT_FLOWS = """
import json
import sys
import time
from pathlib import Path

from prefect import flow, serve, task


@task
def noop():
    pass


@flow
def short():
    for _ in range({short}):
        noop()


@flow
def long():
    for _ in range({length}):
        noop()


@flow
def fan():
    root = noop.submit()
    middle = [noop.submit(wait_for=[root]) for _ in range({width})]
    noop.submit(wait_for=middle).wait()


def run(shape, told):
    short()
    trigger = time.time()
    state = {{"short": short, "long": long, "fan": fan}}[shape](return_state=True)
    Path(told).write_text(json.dumps({{"trigger": trigger, "run": str(state.state_details.flow_run_id)}}))


if __name__ == "__main__":
    if sys.argv[1] == "run":
        run(*sys.argv[2:])
    else:
        serve(*(it.to_deployment(it.name) for it in (short, long, fan)))
"""


class Prefect(PythonTool):
    """Prefect with its server and a process that serves the flows."""

    name = kind = "prefect"
    remark = (
        "`prefect server start` with SQLite, and one process that serves the flows and starts a process per run; "
        "REST trigger; chains call their tasks one after the other, the fan submits them to the default runner"
    )
    requirements = (("prefect==3.*",),)

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._port = free_port()

    def environment(self) -> dict[str, str]:
        return {
            **super().environment(),
            "PREFECT_API_URL": f"http://{HERE}:{self._port}/api",
            "PREFECT_HOME": str(self.home / "prefect"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        }

    def start(self) -> None:
        self.start_server()
        self.serve("serve", self.command("python"), self.home / "flows.py", "serve")
        for shape in SHAPES:
            self.wait("serving the flows", lambda: quietly(lambda: self._deployment(shape)))

    def start_server(self) -> None:
        """Start the server and write the flows."""
        text = PREFECT_FLOWS.format(short=SHORT_LENGTH, length=self.options.length, width=self.width)
        self.write("flows.py", text)
        self.serve("server", self.command("prefect"), "server", "start", "--host", HERE, "--port", str(self._port))
        self.wait("the start", lambda: quietly(lambda: self._api("health")))

    def run(self, shape: str) -> Run:
        deployment = self._deployment(shape)
        trigger = time.time()
        run = self._api(f"deployments/{deployment}/create_flow_run", {})["id"]
        return self.recorded(shape, trigger, run)

    def recorded(self, shape: str, trigger: float, run: str) -> Run:
        """What the server recorded of a run, when it is at its end."""
        ended = self.wait("the run", lambda: self._ended(run))
        if ended["state"]["type"] != "COMPLETED":
            raise Trouble(f"the run ended as {ended['state']['name']}: {ended['state']['message']}")
        # The server records the tasks some time later; while it does, it may take no further run.
        self.wait("the record of the tasks", lambda: self._all_recorded(run, self.length(shape)))
        return Run(trigger, seconds(ended["end_time"]), spans(self._tasks(run) if shape == LONG else []))

    def _api(self, path: str, body: Any = None) -> Any:
        return http(f"http://{HERE}:{self._port}/api/{path}", body)

    def _deployment(self, shape: str) -> str:
        return str(self._api(f"deployments/name/{shape}/{shape}")["id"])

    def _ended(self, run: str) -> dict[str, Any] | None:
        flow_run = self._api(f"flow_runs/{run}")
        return flow_run if flow_run["state"]["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None

    def _all_recorded(self, run: str, count: int) -> bool | None:
        done = {"state": {"type": {"any_": ["COMPLETED"]}}}
        only = {"flow_runs": {"id": {"any_": [run]}}, "task_runs": done}
        return self._api("task_runs/count", only) == count or None

    def _tasks(self, run: str) -> list[tuple[str, str]]:
        page, tasks = 100, []
        for offset in range(0, self.options.length, page):
            only = {"flow_runs": {"id": {"any_": [run]}}, "limit": page, "offset": offset, "sort": "ID_DESC"}
            tasks += self._api("task_runs/filter", only)
        return [(task["start_time"], task["end_time"]) for task in tasks]


class PrefectInProcess(Prefect):
    """Prefect where a program calls the flow itself; the server only records."""

    name = "prefect in process"
    remark = (
        "a warm program calls the flow, `prefect server start` with SQLite records it; nothing schedules, so there is "
        "no idle memory"
    )

    def start(self) -> None:
        self.start_server()

    def run(self, shape: str) -> Run:
        told = self.call_in_process("flows.py", shape)
        return self.recorded(shape, told["trigger"], told["run"])

    def idle_mb(self) -> None:
        return None
