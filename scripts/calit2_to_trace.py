"""Turns CalIt2.data of the UCI repository into a trace: `start,entered,left`, local time, one row a half hour.

Enters: the path of CalIt2.data. Leaves: CSV on stdout. Never: changes a count.
Use: python scripts/calit2_to_trace.py CalIt2.data > tests/data/calit2.csv
"""

import csv
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

_IN, _OUT = "9", "7"
"""Flow ids, as the source explains them."""
HEADER: Final = ("start", "entered", "left")


def trace_rows(lines: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    """The rows of a trace in order of time; raises ValueError when a half hour lacks one of its flows."""
    flows: dict[str, dict[str, int]] = {}
    for flow, day, time, count in csv.reader(lines):
        start = datetime.strptime(f"{day} {time}", "%m/%d/%y %H:%M:%S").strftime("%Y-%m-%dT%H:%M")  # noqa: DTZ007 - local
        flows.setdefault(start, {})[flow] = int(count)
    for start, counts in sorted(flows.items()):
        if counts.keys() != {_IN, _OUT}:
            raise ValueError(f"{start}: expected the flows {_IN} and {_OUT}, got {', '.join(counts)}")
        yield start, counts[_IN], counts[_OUT]


def main() -> None:
    """Convert the file named on the command line."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and one argument
        sys.exit("name one file: python scripts/calit2_to_trace.py CalIt2.data > tests/data/calit2.csv")
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(HEADER)
    table.writerows(trace_rows(Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()))


if __name__ == "__main__":
    main()
