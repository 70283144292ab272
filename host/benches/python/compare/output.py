"""The table and the JSON, and the machine that they are about."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from figures import SHORT_LENGTH, Figures


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
        measured = [short(figures.chain_ms), fan, short(figures.step_ms), short(figures.idle_pss_mb)]
        cells = [name, figures.version, *measured]
    return f"| {' | '.join(cells)} |"


def table(about: Mapping[str, Any], results: Mapping[str, Figures]) -> str:
    """The Markdown for people."""
    lines = [
        f"{about['processor']}, {about['cores']} cores, {about['memory_gib']} GiB, {about['system']}, "
        f"Python {about['python']}, load {about['load_at_start']} before.",
        "",
        f"| tool | version | chain of {SHORT_LENGTH}, ms | fan 1 -> n -> 1, tasks/s | step, ms | idle PSS, MB |",
        "|---|---|---:|---:|---:|---:|",
        *(row(name, figures) for name, figures in results.items()),
        "",
        "Step: from one task's start to the next one's start in the long chain, median.",
        "",
        *(f"- **{name}**: {figures.notes}" for name, figures in results.items()),
    ]
    return "\n".join(lines)


def document(about: Mapping[str, Any], results: Mapping[str, Figures]) -> str:
    """The JSON for programs."""
    tools = {name: {key: rounded(value) for key, value in asdict(it).items()} for name, it in results.items()}
    return json.dumps({"machine": about, "tools": tools}, indent=2) + "\n"
