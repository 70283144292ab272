"""Processes: their families, their memory, their start and their end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from figures import Trouble

Value = TypeVar("Value")


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
