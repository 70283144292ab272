#!/usr/bin/env python3
"""Compare dagwood with Apache Airflow, Prefect and Dagster on the same shapes.

Every tool is set up as a newcomer would: from the package index into its own virtual environment, with its
defaults, SQLite, no examples and no telemetry. Then four things are measured of each:

1. a chain of 3 tasks that do nothing, from the trigger to the end of the run as the tool recorded it;
2. a fan 1 -> many -> 1 of such tasks, as tasks per second over the same span;
3. the hand-off in a long chain, from a task's recorded end to the recorded start of the next one, median;
4. the memory (PSS) of all processes that scheduled DAGs need, while nothing happens.

A run is triggered the way the tool offers to programs: a call to its HTTP interface, to its command line
(dagwood), or in the same process ("in process"). One run of the short chain goes before, uncounted.

    python compare.py --only dagwood,prefect --width 100 --json figures.json

Needs Linux and Python 3.10 or newer, and nothing beyond the standard library. Apart from the virtual environments
and what `pip` keeps, all files go into a folder that is thrown away, unless one is given by --folder.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

ROOT = Path(__file__).resolve().parents[3]
HERE = "127.0.0.1"
# The three shapes, which are the ids of the DAGs as well.
SHORT, LONG, FAN = "short", "long", "fan"
SHAPES = (SHORT, LONG, FAN)
SHORT_LENGTH = 3
# A fan is run again while all its runs together took less than this.
FAN_SECONDS = 30.0
Value = TypeVar("Value")


class Trouble(RuntimeError):
    """Something that keeps a tool from being measured, in words for the table."""


class Busy(Trouble):
    """A server asks to try again later."""


# --- What is measured -------------------------------------------------------------------------------------------


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

    def hand_offs_ms(self) -> list[float]:
        """From each task's end to the start of the next."""
        return [(after[0] - before[1]) * 1e3 for before, after in zip(self.tasks, self.tasks[1:])]

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
    hand_off_ms: float | None = None
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


# --- Processes --------------------------------------------------------------------------------------------------


class Process(NamedTuple):
    """A process as the kernel lists it; `born` tells it from a later one with the same number."""

    pid: int
    state: str
    parent: int
    session: int
    born: int


def processes() -> Iterator[Process]:
    """All processes that there are."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        yield Process(int(entry.name), words[0], int(words[1]), int(words[3]), int(words[19]))


def family(roots: set[int]) -> set[Process]:
    """The living processes of the sessions that these processes lead, and all that they started."""
    living = [process for process in processes() if process.state != "Z"]
    found = {process for process in living if process.session in roots or process.pid in roots}
    while True:
        pids = {process.pid for process in found}
        more = {process for process in living if process.parent in pids} - found
        if not more:
            return found
        found |= more


def pss_kib(pid: int) -> int:
    """A process's own memory and its share of what it shares; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def send(signal_number: int, pids: set[int], how: Callable[[int, int], None] = os.kill) -> None:
    """Send a signal to processes, or to groups of them, some of which may be gone."""
    for pid in pids:
        try:
            how(pid, signal_number)
        except ProcessLookupError:
            pass


def last_words(log: Path, count: int = 1) -> str:
    """The last lines of a log that say something."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return " / ".join(lines[-count:])[-300:]


class Services:
    """The processes that stay while a tool is measured."""

    def __init__(self) -> None:
        self._roots: dict[subprocess.Popen[bytes], Path] = {}

    def start(self, command: Sequence[str | Path], cwd: Path, env: Mapping[str, str], log: Path) -> None:
        """Start one in a session of its own."""
        with log.open("wb") as out:
            process = subprocess.Popen(
                [str(word) for word in command],
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._roots[process] = log

    def check(self) -> None:
        """Fail if one of them ended."""
        for process, log in self._roots.items():
            if process.poll() is not None:
                raise Trouble(f"a server ended with {process.returncode}: {last_words(log)}")

    def pss_mb(self) -> float:
        """The memory of them and of all that they started."""
        self.check()
        return sum(pss_kib(process.pid) for process in self._family()) * 1024 / 1e6

    def stop(self, grace: float = 15.0) -> None:
        """End them and all that they started, in kindness first."""
        if not self._roots:
            return
        before = self._family()
        send(signal.SIGTERM, {process.pid for process in self._roots}, os.killpg)
        until = time.monotonic() + grace
        while self._left(before) and time.monotonic() < until:
            time.sleep(0.2)
        send(signal.SIGKILL, {process.pid for process in self._left(before)})
        for process in self._roots:
            process.wait()
        self._roots.clear()

    def _family(self) -> set[Process]:
        return family({process.pid for process in self._roots})

    def _left(self, before: set[Process]) -> set[Process]:
        for process in self._roots:
            process.poll()
        known = {(process.pid, process.born) for process in before}
        alive = {process for process in processes() if process.state != "Z" and (process.pid, process.born) in known}
        return alive | self._family()


def run_command(command: Sequence[str | Path], cwd: Path, env: Mapping[str, str], time_out: float) -> str:
    """Run a command to its end and give what it wrote to standard output."""
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    name = Path(command[0]).name
    try:
        out, err = process.communicate(timeout=time_out)
    except subprocess.TimeoutExpired:
        raise Trouble(f"`{name}` took longer than {time_out:.0f} s") from None
    finally:
        if process.poll() is None:
            send(signal.SIGKILL, {member.pid for member in family({process.pid})})
            process.wait()
    if process.returncode != 0:
        said = [line.strip() for line in (err or out).splitlines() if line.strip()]
        raise Trouble(f"`{name}` ended with {process.returncode}: {said[-1][-300:] if said else 'no word'}")
    return out


def wait_for(what: str, time_out: float, look: Callable[[], Value | None], pause: float = 1.0) -> Value:
    """Look again and again until there is something."""
    until = time.monotonic() + time_out
    while True:
        found = look()
        if found is not None:
            return found
        if time.monotonic() > until:
            raise Trouble(f"{what} took longer than {time_out:.0f} s")
        time.sleep(pause)


# --- HTTP and times ---------------------------------------------------------------------------------------------

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def http(url: str, body: Any = None, token: str | None = None) -> Any:
    """Ask, and ask again while the answer is "busy, try later": a server whose SQLite is locked may say so."""
    for pause in (0.2, 0.4, 0.8, 1.6, 3.2):
        try:
            return http_once(url, body, token)
        except Busy:
            time.sleep(pause)
    return http_once(url, body, token)


def http_once(url: str, body: Any, token: str | None) -> Any:
    """GET, or POST if there is a body, and give the JSON of the answer."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    try:
        with _OPENER.open(urllib.request.Request(url, data, headers), timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        kind = Busy if error.code == 503 else Trouble
        raise kind(f"{url} answered {error.code}: {error.read().decode(errors='replace')[:200]}") from None
    except OSError as error:
        raise Trouble(f"{url} does not answer: {error}") from None


def quietly(call: Callable[[], Value]) -> Value | None:
    """The result of a call, or None while it fails."""
    try:
        return call()
    except (Trouble, ValueError):
        return None


def seconds(text: str) -> float:
    """An ISO 8601 instant with up to six digits behind the point, in seconds since 1970."""
    text = text.replace("Z", "+00:00")
    point = text.find(".")
    if point >= 0:
        end = next((at for at in range(point + 1, len(text)) if not text[at].isdigit()), len(text))
        text = text[:point] + "." + text[point + 1 : end][:6].ljust(6, "0") + text[end:]
    return datetime.fromisoformat(text).timestamp()


def spans(times: list[tuple[str, str]]) -> list[tuple[float, float]]:
    """Starts and ends, in the order of the starts."""
    return sorted((seconds(start), seconds(end)) for start, end in times)


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])


# --- The tools --------------------------------------------------------------------------------------------------


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


class Dagwood(Tool):
    """The host of this repository: `serve`, and `trigger --wait` on its command line."""

    name = kind = "dagwood"
    remark = (
        "`dagwood serve`; the time from the trigger has the start of the `trigger` command in it; a task's recorded "
        "start is set by the scheduler before the component is entered, so the hand-off looks shorter than it is: "
        "compare the time from start to start as well"
    )

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


TOOLS: tuple[type[Tool], ...] = (Dagwood, Airflow, Prefect, PrefectInProcess, Dagster, DagsterInProcess)


# --- The runner -------------------------------------------------------------------------------------------------


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


def measure_hand_off(tool: Tool, figures: Figures) -> None:
    """The long chain, once."""
    run = tool.run(LONG)
    if len(run.tasks) != tool.options.length:
        raise Trouble(f"{len(run.tasks)} tasks are recorded")
    figures.hand_off_ms = statistics.median(run.hand_offs_ms())
    step = short(statistics.median(run.steps_ms()))
    figures.note(f"chain of {len(run.tasks)}: {step} ms from a task's start to the next one's, median")


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
    ("long chain", measure_hand_off),
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


# --- The output -------------------------------------------------------------------------------------------------


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    words = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in words if line.startswith("model name")), "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": model or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 1024**3, 1),
        "system": f"Linux {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "load_at_start": round(os.getloadavg()[0], 2),
    }


def short(value: float | None) -> str:
    """A figure with three digits that count."""
    if value is None:
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:#.3g}".rstrip(".") if abs(value) >= 0.001 else f"{value:.4f}"


def rounded(value: Any) -> Any:
    """A figure without digits that mean nothing; anything else as it is."""
    return float(f"{value:.4g}") if isinstance(value, float) else value


def row(name: str, figures: Figures) -> str:
    """One tool's line of the table."""
    if figures.skipped is not None:
        cells = [name, figures.version or "-", f"SKIPPED: {figures.skipped}", "-", "-", "-"]
    else:
        fan = short(figures.fan_tasks_per_s)
        if figures.fan_width is not None:
            fan += f" (width {figures.fan_width:,})"
        measured = [short(figures.chain_ms), fan, short(figures.hand_off_ms), short(figures.idle_pss_mb)]
        cells = [name, figures.version, *measured]
    return f"| {' | '.join(cells)} |"


def table(about: Mapping[str, Any], results: Mapping[str, Figures]) -> str:
    """The Markdown for people."""
    lines = [
        f"{about['processor']}, {about['cores']} cores, {about['memory_gib']} GiB, {about['system']}, "
        f"Python {about['python']}, load {about['load_at_start']} before.",
        "",
        f"| tool | version | chain of {SHORT_LENGTH}, ms | fan 1 -> n -> 1, tasks/s | hand-off, ms | idle PSS, MB |",
        "|---|---|---:|---:|---:|---:|",
        *(row(name, figures) for name, figures in results.items()),
        "",
        *(f"- **{name}**: {figures.notes}" for name, figures in results.items()),
    ]
    return "\n".join(lines)


def document(about: Mapping[str, Any], results: Mapping[str, Figures]) -> str:
    """The JSON for programs."""
    tools = {name: {key: rounded(value) for key, value in asdict(it).items()} for name, it in results.items()}
    return json.dumps({"machine": about, "tools": tools}, indent=2) + "\n"


# --- The command line -------------------------------------------------------------------------------------------


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
