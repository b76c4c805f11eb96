"""The walls of the house, as architecture.md draws them: who may import whom, and what every file keeps to.

Enters: the source text of the rooms. Leaves: nothing. Never: an exception for one file without its reason beside it.
"""

import ast
import subprocess
import sys
from collections.abc import Container, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]

LIBRARIES: Final = {
    "gateway": {"pydantic", "pydantic_core", "paho", "iotcore"},
    "ingest": {
        "aiohttp",
        "aiosmtplib",
        "alembic",
        "apprise",
        "influxdb_client",
        "jinja2",
        "opening_hours",
        "prometheus_client",
        "pydantic",
        "pydantic_core",
        "sqlalchemy",
    },
    "api": {"aiohttp", "aiohttp_jinja2", "jinja2", "opening_hours", "prometheus_client", "pydantic", "pydantic_core"},
    "firmware_sim": {"paho"},
}
"""Beside the standard library. What is missing here is either a new dependency, to be named, or in the wrong room."""

NEIGHBOURS: Final = {
    "gateway": (),
    "ingest": ("gateway",),
    "api": (
        "ingest.alerts.board",
        "ingest.alerts.model",
        "ingest.alerts.records",
        "ingest.alerts.rules.catalogue",
        "ingest.alerts.work",
        "ingest.model",
        "ingest.operating",
        "ingest.ports",
        "ingest.registry.services",
    ),
    "firmware_sim": (),
}
"""A package stands for all of its modules, a module for itself. assembly and yizhan.py wire, so they may import all."""

PURE: Final = (
    "api.console.sessions",
    "api.gcj02",
    "api.grid",
    "api.positions",
    "api.wishes",
    "gateway.payloads",
    "gateway.topics",
    "ingest.accounting",
    "ingest.alerts",
    "ingest.batch",
    "ingest.checkpoint",
    "ingest.decode",
    "ingest.live.regions",
    "ingest.live.snapshot",
    "ingest.live.station",
    "ingest.model",
    "ingest.operating",
    "ingest.ports",
    "ingest.quality",
    "ingest.receipts",
    "ingest.records",
    "ingest.registry",
    "ingest.sequence",
    "ingest.steps",
    "ingest.store.figures",
    "ingest.store.influx.battery",
    "ingest.store.influx.errors",
    "ingest.store.influx.influxql",
    "ingest.store.influx.lines",
    "ingest.store.influx.medicine",
    "ingest.store.influx.points",
    "ingest.store.influx.raw_json",
    "ingest.store.influx.rows",
    "ingest.tokens",
    "ingest.visits.counting",
    "ingest.visits.hot_row",
    "ingest.visits.ledger",
    "ingest.visits.local_day",
    "ingest.visits.plausible",
    "ingest.visits.regions",
)
"""What decides. `now` is a parameter there, and nothing waits, so that every case can be tried."""

SHELLS: Final = (
    "ingest.alerts.broadcast",
    "ingest.alerts.channels.by_apprise",
    "ingest.alerts.channels.mail",
    "ingest.alerts.channels.posting",
    "ingest.alerts.channels.retained",
    "ingest.alerts.channels.sender",
    "ingest.alerts.composing",
    "ingest.alerts.desk",
    "ingest.alerts.desk_board",
    "ingest.alerts.desk_records",
    "ingest.alerts.lookout",
    "ingest.alerts.outbox",
    "ingest.alerts.postman",
    "ingest.alerts.writ",
)
"""Of the packages above, the modules that talk to the world."""

WORLDLY: Final = {
    "asyncio",
    "aiohttp",
    "http",
    "os",
    "paho",
    "random",
    "secrets",
    "socket",
    "sqlalchemy",
    "sqlite3",
} | {
    "subprocess",
    "threading",
    "time",
    "uuid",
}
SEEDED: Final = {"random.Random"}
"""A generator that the caller seeds is a parameter like `now`."""
NUMBERS: Final = {"http.HTTPStatus"}
"""Names of numbers that live in a module of the world."""
CLOCKS: Final = {"now", "today", "utcnow"}
"""Methods of datetime and date that read the machine's clock."""

ROOF_LINES: Final = 400
DOCSTRING_LINES: Final = 6
BANNED_NAMES: Final = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "data", "handler2"}
WIRING: Final = ("assembly", "yizhan")


def module_name(path: Path) -> str:
    """`ingest/visits/ledger.py` is ingest.visits.ledger."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources(*places: str) -> list[Path]:
    """The Python files of rooms and single modules."""
    found = [path for place in places for path in sorted((ROOT / place).rglob("*.py"))]
    return found + [ROOT / f"{place}.py" for place in places if (ROOT / f"{place}.py").exists()]


ROOM_FILES: Final = sources(*LIBRARIES)
PRODUCT_FILES: Final = ROOM_FILES + sources(*WIRING)
ALL_FILES: Final = PRODUCT_FILES + sources("tests", "bench", "scripts")


@cache
def tree_of(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Every module that the file imports, at the top or inside a function; `from a import b` gives a.b."""
    package = module_name(path) if path.name == "__init__.py" else module_name(path).rpartition(".")[0]
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                source = ".".join([*above, source] if source else above)
            yield from (f"{source}.{alias.name}" for alias in node.names)


def is_within(name: str, places: tuple[str, ...]) -> bool:
    """Whether a dotted name is one of the places or inside one."""
    return any(name == place or name.startswith(f"{place}.") for place in places)


def shown(path: Path) -> str:
    """The path as a person names it."""
    return str(path.relative_to(ROOT))


def broken(found: dict[str, set[str]]) -> dict[str, set[str]]:
    """Only the files where something is wrong."""
    return {name: wrong for name, wrong in found.items() if wrong}


def test_room_imports_only_what_its_wall_lets_through() -> None:
    """A file imports the standard library, its own room, its room's libraries and the neighbours it may know."""
    wrong = {}
    for path in ROOM_FILES:
        room = module_name(path).partition(".")[0]
        may = (room, *NEIGHBOURS[room], *LIBRARIES[room])
        foreign = {name for name in imports(path) if name.partition(".")[0] not in sys.stdlib_module_names}
        wrong[shown(path)] = {name for name in foreign if not is_within(name, may)}
    assert broken(wrong) == {}


def test_rule_reads_no_clock_and_touches_no_world() -> None:
    """A module that decides neither waits nor draws lots nor asks the time: `now` is a parameter."""
    wrong = {}
    for path in ROOM_FILES:
        if is_within(module_name(path), PURE) and module_name(path) not in SHELLS:
            attributes = {node.attr for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}
            worldly = {name for name in imports(path) if name.partition(".")[0] in WORLDLY} - SEEDED - NUMBERS
            wrong[shown(path)] = worldly | (attributes & CLOCKS)
    assert broken(wrong) == {}


def test_every_pure_module_exists() -> None:
    """A rule that moved is still on the list of the pure ones, and a shell on its own."""
    assert {*PURE, *SHELLS} - {module_name(path) for path in ROOM_FILES} == set()


def test_no_file_is_over_the_roof() -> None:
    """A file that grows beyond the roof has more than one subject."""
    lengths = {shown(path): path.read_text(encoding="utf-8").count("\n") for path in ALL_FILES}
    assert {name: length for name, length in lengths.items() if length > ROOF_LINES} == {}


def test_every_file_is_named_after_what_it_holds() -> None:
    """No file has a name under which anything could stand."""
    assert [shown(path) for path in ALL_FILES if path.stem in BANNED_NAMES] == []


def test_every_module_says_what_enters_and_leaves() -> None:
    """Every module begins with at most six lines that name what enters, what leaves and what it never does.

    A package that holds nothing itself says what its modules are for. Of a migration, Alembic shows the docstring.
    """
    wrong = {}
    for path in PRODUCT_FILES:
        tree = tree_of(path)
        docstring = ast.get_docstring(tree) or ""
        is_short = len(tree.body) == 1 or path.parent.name == "versions"
        wanted = () if is_short else ("Enters:", "Leaves:", "Never:")
        wrong[shown(path)] = {word for word in wanted if word not in docstring}
        if not 1 <= len(docstring.splitlines()) <= DOCSTRING_LINES:
            wrong[shown(path)].add(f"{len(docstring.splitlines())} lines")
    assert broken(wrong) == {}


def test_no_module_imports_itself_in_a_circle() -> None:
    """Every module can be imported first: none needs another of ours to have been imported before it."""
    ours = {module_name(path): path for path in PRODUCT_FILES}
    graph = {module: {owner(name, ours) for name in imports(path)} & set(ours) for module, path in ours.items()}
    for module, needed in graph.items():
        needed.discard(module)
    TopologicalSorter(graph).prepare()


def owner(name: str, ours: Container[str]) -> str:
    """The module that an imported name stands in: `ingest.model.Kind` stands in ingest.model."""
    return name if name in ours else name.rpartition(".")[0]


def test_every_module_can_be_imported() -> None:
    """Each module finds what it imports. Alembic alone can run its env.py."""
    modules = [module_name(path) for path in PRODUCT_FILES if path.name != "env.py"]
    program = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
    run = subprocess.run(
        [sys.executable, "-c", program, *modules], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
