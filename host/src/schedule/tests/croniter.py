"""Writes croniter.txt: what croniter makes of random cron expressions, for `croniter.rs` to compare.

    python3 -m venv venv && venv/bin/pip install 'croniter>=6.2,<7' tzdata
    PYTHONTZPATH= venv/bin/python -P croniter.py > croniter.txt

`-P` keeps Python from taking this file for the module of the same name.

A line is a zone, an expression, a start in seconds since 1970, and the ticks after it and before it, each as the
seconds from the one before. The lines only depend on SEED and the versions.

Left out, because dagwood means something else on purpose:
- a day or weekday field that spans all its values while the other contains `*`: croniter then takes it for `*`;
- `L` in the day field together with a weekday that is set;
- a day that is set together with `5#2` or `L5`: croniter then does not look at the day;
- in zones with clock changes, an hour field that holds all 24 hours without being `*`: croniter takes it for `*`;
- there, seconds with an hour field that is not `*`: out of a gap croniter goes in whole minutes and keeps the seconds,
  while here such a tick is due at the first instant after the gap;
and, because its search backward is wrong there (it contradicts its own search forward), the ticks before the start in
the lines where it is.

Where a local time exists twice, croniter ticks twice, which is `dst_fold = "both"` here: that is what is compared.
"""

import random
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from croniter import croniter, CroniterError

SEED = 6
UTC_LINES, ZONE_LINES = 4500, 1500
AFTER, BEFORE = 8, 4
FIELDS = [(0, 59, []), (0, 23, []), (1, 31, []),
          (1, 12, "jan feb mar apr may jun jul aug sep oct nov dec".split()),
          (0, 6, "sun mon tue wed thu fri sat".split()), (0, 59, [])]
DAY, MONTH, WEEKDAY = 2, 3, 4
# Changes; chosen because they are usual, at midnight, of half an hour, twice within weeks, or of a whole day. All are
# past, so that no version of the zones' data has other ones.
CHANGES = [("Europe/Berlin", 2024, 3, 31), ("Europe/Berlin", 2024, 10, 27), ("America/New_York", 2024, 3, 10),
           ("America/New_York", 2024, 11, 3), ("Asia/Beirut", 2024, 3, 31), ("Asia/Beirut", 2024, 10, 27),
           ("America/Havana", 2024, 3, 10), ("America/Havana", 2024, 11, 3), ("Australia/Lord_Howe", 2024, 4, 7),
           ("Australia/Lord_Howe", 2024, 10, 6), ("Africa/Casablanca", 2024, 3, 10), ("Africa/Casablanca", 2024, 4, 14),
           ("America/Sao_Paulo", 2018, 11, 4), ("America/Sao_Paulo", 2019, 2, 17), ("Pacific/Apia", 2011, 12, 30)]


def value(rng, index):
    low, high, names = FIELDS[index]
    if names and rng.random() < 0.3:
        name = rng.choice(names)
        return rng.choice([name, name.upper(), name.capitalize()])
    return str(rng.randint(low, 7 if index == WEEKDAY else high))


def item(rng, index):
    low, high, _ = FIELDS[index]
    step = rng.randint(1, rng.choice([4, high - low + 4]))
    kind = rng.random()
    if kind < 0.35:
        return value(rng, index)
    if kind < 0.60:
        return f"{value(rng, index)}-{value(rng, index)}"
    if kind < 0.75:
        return f"{value(rng, index)}-{value(rng, index)}/{step}"
    if kind < 0.92:
        return f"*/{step}"
    return f"{rng.randint(low, high)}/{step}"


def field(rng, index, star):
    if rng.random() < star:
        return rng.choice("*?") if index in (DAY, WEEKDAY) and rng.random() < 0.2 else "*"
    if index == DAY and rng.random() < 0.2:
        return rng.choice(["L", "l", f"{rng.randint(1, 31)},L", f"{rng.randint(20, 31)}-L"])
    if index == WEEKDAY and rng.random() < 0.3:
        form = lambda: rng.choice([f"{value(rng, WEEKDAY)}#{rng.randint(1, 5)}", f"L{rng.randint(0, 6)}"])
        return ",".join(form() for _ in range(rng.choice([1, 1, 2])))
    return ",".join(item(rng, index) for _ in range(rng.choice([1, 1, 1, 2, 3])))


def expression(rng, stars, seconds):
    fields = [field(rng, index, star) for index, star in enumerate(stars)]
    return " ".join(fields + ([field(rng, 5, 0.1)] if rng.random() < seconds else []))


def differs(text, clocks_change):
    parts, read = text.split(), croniter.expand(text)[0]
    spans = lambda index: len(set(read[index])) >= FIELDS[index][1] - FIELDS[index][0] + 1 or read[index] == ["*"]
    plain = lambda index: parts[index] in ("*", "?")
    for index, other in ((DAY, WEEKDAY), (WEEKDAY, DAY)):
        if not plain(index) and spans(index) and ("*" in parts[other] or "?" in parts[other]):
            return True
    special = "l" in parts[DAY].lower() or "#" in parts[WEEKDAY] or "L" in parts[WEEKDAY]
    if special and not plain(DAY) and not plain(WEEKDAY):
        return True
    return clocks_change and parts[1] != "*" and (spans(1) or len(parts) == 6)


def walk(text, start, count, step):
    found = croniter(text, start)
    return [getattr(found, step)(datetime).astimezone(timezone.utc) for _ in range(count)]


def line(zone, text, start):
    after = walk(text, start, AFTER, "get_next")
    try:
        before = walk(text, start, BEFORE, "get_prev")
        # Every tick that the search backward finds must be the next one from a moment before it, and nothing between.
        chain = [moment.astimezone(start.tzinfo) for moment in reversed(before)]
        again = walk(text, chain[0] - timedelta(seconds=1), BEFORE + 1, "get_next")
        consistent = again[:BEFORE] == list(reversed(before)) and again[BEFORE] in (after[0], start)
    except (CroniterError, AssertionError):
        consistent = False
    seconds = lambda moments: [round((b - a).total_seconds()) for a, b in zip([start, *moments], moments)]
    return "|".join([zone, text, str(round(start.timestamp())), " ".join(map(str, seconds(after))),
                     " ".join(str(-s) for s in seconds(before)) if consistent else "-"])


def lines(rng, count, make):
    made = 0
    while made < count:
        zone, text, start = make(rng)
        try:
            if differs(text, zone != "UTC"):
                continue
            print(line(zone, text, start))
        except CroniterError:
            # No such day, mixed weekday forms, or none within 50 years.
            continue
        made += 1


def in_utc(rng):
    text = expression(rng, [0.2, 0.3, 0.4, 0.5, 0.4], 0.3)
    return "UTC", text, datetime.fromtimestamp(rng.randint(0, 4_000_000_000), timezone.utc)


def round_a_change(rng):
    name, *day = rng.choice(CHANGES)
    zone = ZoneInfo(name)
    start = datetime(*day, tzinfo=timezone.utc) + timedelta(seconds=rng.randint(-40 * 3600, 30 * 3600))
    hour = rng.choice(["*", "*", "0", "1-3", "*/2", "*/3", "0,2", "22-3", "23-1/2", str(rng.randint(0, 23))])
    minute = rng.choice(["*", "*/7", "0", "0,30", "*/20", field(rng, 0, 0)])
    days = rng.choice(["* * *"] * 6 + ["*/2 * *", "* * MON-FRI", "* * 0", "L * *"])
    second = rng.choice(["", "", "", " */20", " 59"])
    return name, f"{minute} {hour} {days}{second}", start.astimezone(zone)


if __name__ == "__main__":
    lines(random.Random(SEED), UTC_LINES, in_utc)
    lines(random.Random(SEED + 1), ZONE_LINES, round_a_change)
