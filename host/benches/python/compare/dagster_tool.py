"""Dagster, with and without its scheduling."""

from __future__ import annotations

import time
from typing import Any

from figures import SHAPES, SHORT_LENGTH, Options, Run, Trouble
from talk import HERE, free_port, http, quietly
from tool import PythonTool

DAGSTER_JOBS = """
import json
import sys
import time
from pathlib import Path

from dagster import DagsterInstance, Definitions, In, Nothing, Out, job, op


@op(ins={{"before": In(Nothing)}}, out=Out(Nothing))
def noop():
    pass


def chain(length):
    last = noop.alias("t0")()
    for at in range(1, length):
        last = noop.alias(f"t{{at}}")(last)


@job
def short():
    chain({short})


@job
def long():
    chain({length})


@job
def fan():
    root = noop.alias("root")()
    noop.alias("sink")([noop.alias(f"t{{at}}")(root) for at in range({width})])


defs = Definitions(jobs=[short, long, fan])


def run(shape, told):
    with DagsterInstance.get() as instance:
        short.execute_in_process(instance=instance)
        trigger = time.time()
        run_id = {{"short": short, "long": long, "fan": fan}}[shape].execute_in_process(instance=instance).run_id
        record = instance.get_run_record_by_id(run_id)
        tasks = [(step.start_time, step.end_time) for step in instance.get_run_step_stats(run_id)]
    text = {{"trigger": trigger, "state": record.dagster_run.status.value, "end": record.end_time, "tasks": tasks}}
    Path(told).write_text(json.dumps(text))


if __name__ == "__main__":
    run(*sys.argv[2:])
"""

DAGSTER_LAUNCH = """
mutation Launch($job: String!, $place: String!, $repository: String!) {
  launchRun(executionParams: {mode: "default", runConfigData: "{}", selector:
      {jobName: $job, repositoryLocationName: $place, repositoryName: $repository}}) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}
"""
DAGSTER_RUN = """
query Run($run: ID!) {
  runOrError(runId: $run) { ... on Run { status endTime stepStats { startTime endTime } } }
}
"""
DAGSTER_PLACES = """
{ repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } jobs { name } } } } }
"""


class Dagster(PythonTool):
    """Dagster with `dagster dev`, which starts the daemon, the web server and the code server."""

    name = kind = "dagster"
    remark = (
        "`dagster dev` (daemon, web server, code server) with SQLite, its run queue, and its default executor, which "
        "starts a process per task; GraphQL trigger"
    )
    requirements = (
        ("dagster==1.13.*", "dagster-webserver==1.13.*"),
        ("dagster==1.*", "dagster-webserver==1.*"),
    )

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._port = free_port()
        self._place: dict[str, str] = {}

    @property
    def width(self) -> int:
        return self.options.dagster_width

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "DAGSTER_HOME": str(self.home / "dagster")}

    def start(self) -> None:
        self.write_jobs()
        self.serve("dev", self.command("dagster"), "dev", "-f", "jobs.py", "-h", HERE, "-p", str(self._port))
        self._place = self.wait("the start", lambda: quietly(self._find_place))

    def write_jobs(self) -> None:
        """Write the jobs, and the settings with the telemetry off."""
        self.write("dagster/dagster.yaml", "telemetry:\n  enabled: false\n")
        text = DAGSTER_JOBS.format(short=SHORT_LENGTH, length=self.options.length, width=self.width)
        self.write("jobs.py", text)

    def run(self, shape: str) -> Run:
        trigger = time.time()
        launched = self._ask(DAGSTER_LAUNCH, job=shape, **self._place)["launchRun"]
        if launched["__typename"] != "LaunchRunSuccess":
            raise Trouble(f"no run was launched: {launched.get('message', launched['__typename'])}")
        ended = self.wait("the run", lambda: self._ended(launched["run"]["runId"]))
        if ended["status"] != "SUCCESS":
            raise Trouble(f"the run ended as {ended['status']}")
        tasks = sorted((step["startTime"], step["endTime"]) for step in ended["stepStats"])
        return Run(trigger, ended["endTime"], tasks)

    def _ask(self, query: str, **variables: str) -> Any:
        answer = http(f"http://{HERE}:{self._port}/graphql", {"query": query, "variables": variables})
        if answer.get("errors"):
            raise Trouble(f"GraphQL: {answer['errors'][0]['message'][:200]}")
        return answer["data"]

    def _find_place(self) -> dict[str, str] | None:
        for node in self._ask(DAGSTER_PLACES)["repositoriesOrError"].get("nodes", []):
            if {job["name"] for job in node["jobs"]} >= set(SHAPES):
                return {"place": node["location"]["name"], "repository": node["name"]}
        return None

    def _ended(self, run: str) -> dict[str, Any] | None:
        found = self._ask(DAGSTER_RUN, run=run)["runOrError"]
        return found if found.get("status") in ("SUCCESS", "FAILURE", "CANCELED") and found["endTime"] else None


class DagsterInProcess(Dagster):
    """Dagster where a program runs the job itself, all tasks in its own process."""

    name = "dagster in process"
    remark = "a warm program calls `execute_in_process`, recorded in SQLite; no server, so there is no idle memory"

    @property
    def width(self) -> int:
        return self.options.width

    def start(self) -> None:
        self.write_jobs()

    def run(self, shape: str) -> Run:
        told = self.call_in_process("jobs.py", shape)
        if told["state"] != "SUCCESS":
            raise Trouble(f"the run ended as {told['state']}")
        return Run(told["trigger"], told["end"], sorted((start, end) for start, end in told["tasks"]))

    def idle_mb(self) -> None:
        return None
