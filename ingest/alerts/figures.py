"""How quick crews are.

Enters: jobs. Leaves: means by crew. Never: a mean of nothing, or a crew that had no job.
"""

from collections.abc import Iterable, Sequence
from statistics import fmean

from ingest.alerts.records import CrewFigures
from ingest.alerts.work import Job


def figures_of(jobs: Iterable[Job]) -> Sequence[CrewFigures]:
    """By crew, in order of id. Jobs that no crew covers are nobody's."""
    by_crew: dict[str, list[Job]] = {}
    for job in jobs:
        if job.crew is not None:
            by_crew.setdefault(job.crew, []).append(job)
    return [_figures(crew, mine) for crew, mine in sorted(by_crew.items())]


def _figures(crew: str, jobs: Sequence[Job]) -> CrewFigures:
    answered = [job.first_acknowledged_ms - job.opened_ms for job in jobs if job.first_acknowledged_ms is not None]
    done = [
        (job.closed_ms if job.good_since_ms is None else job.good_since_ms) - job.opened_ms
        for job in jobs
        if job.closed_ms is not None
    ]
    return CrewFigures(
        crew=crew,
        jobs=len(jobs),
        acknowledged=len(answered),
        closed=len(done),
        mean_acknowledge_s=fmean(answered) / 1_000 if answered else None,
        mean_repair_s=fmean(done) / 1_000 if done else None,
    )
