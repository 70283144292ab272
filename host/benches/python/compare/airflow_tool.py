"""Apache Airflow."""

from __future__ import annotations

import time
from typing import Any

from figures import FAN, LONG, SHAPES, Options, Run, Trouble
from talk import HERE, free_port, http, quietly, seconds, spans
from tool import PythonTool

AIRFLOW_DAG = """
from airflow.sdk import DAG, task


@task
def noop():
    pass


def named(name):
    return noop.override(task_id=name)()


with DAG({shape!r}, schedule=None):
    if {fan}:
        named("root") >> [named(f"t{{at}}") for at in range({width})] >> named("sink")
    else:
        last = named("t0")
        for at in range(1, {length}):
            following = named(f"t{{at}}")
            last >> following
            last = following
"""


class Airflow(PythonTool):
    """Apache Airflow as its quick start does it: `airflow standalone`."""

    name = kind = "airflow"
    remark = "`airflow standalone` with SQLite and the LocalExecutor; tasks are `@task` functions; REST trigger"
    requirements = (("apache-airflow==3.3.*",), ("apache-airflow==3.*",))

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._port, self._worker_logs, self._triggerer_logs = free_port(), free_port(), free_port()
        self._token: str | None = None

    @property
    def width(self) -> int:
        return self.options.airflow_width

    def environment(self) -> dict[str, str]:
        return {
            **super().environment(),
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__API__HOST": HERE,
            "AIRFLOW__API__PORT": str(self._port),
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.home / "dags"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{HERE}:{self._port}/execution/",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(self._triggerer_logs),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(self._worker_logs),
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        }

    def start(self) -> None:
        for shape in SHAPES:
            text = AIRFLOW_DAG.format(shape=shape, fan=shape == FAN, width=self.width, length=self.length(shape))
            self.write(f"dags/{shape}.py", text)
        self.serve("standalone", self.command("airflow"), "standalone")
        self.wait("the start", lambda: quietly(self._healthy))
        self._token = str(http(f"http://{HERE}:{self._port}/auth/token")["access_token"])
        for shape in SHAPES:
            self.wait(f"reading DAG `{shape}`", lambda: quietly(lambda: self._api(f"dags/{shape}")))

    def run(self, shape: str) -> Run:
        trigger = time.time()
        run = self._api(f"dags/{shape}/dagRuns", {"logical_date": None})["dag_run_id"]
        path = f"dags/{shape}/dagRuns/{run}"
        ended = self.wait("the run", lambda: self._ended(path))
        if ended["state"] != "success":
            raise Trouble(f"the run ended as {ended['state']}")
        tasks = self._tasks(path) if shape == LONG else []
        return Run(trigger, seconds(ended["end_date"]), spans(tasks))

    def _api(self, path: str, body: Any = None) -> Any:
        return http(f"http://{HERE}:{self._port}/api/v2/{path}", body, self._token)

    def _healthy(self) -> bool | None:
        health = self._api("monitor/health")
        parts = ("metadatabase", "scheduler", "dag_processor")
        return all(health[part]["status"] == "healthy" for part in parts) or None

    def _ended(self, path: str) -> dict[str, Any] | None:
        run = self._api(path)
        return run if run["state"] in ("success", "failed") and run["end_date"] else None

    def _tasks(self, path: str) -> list[tuple[str, str]]:
        page, tasks = 50, []
        for offset in range(0, self.options.length, page):
            tasks += self._api(f"{path}/taskInstances?limit={page}&offset={offset}")["task_instances"]
        return [(task["start_date"], task["end_date"]) for task in tasks]
