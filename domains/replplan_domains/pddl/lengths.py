"""Makes the file of the lengths of shortest plans: `python -m replplan_domains.pddl.lengths`."""

from __future__ import annotations

import json
from collections.abc import Iterator

from replplan.errors import DomainError
from replplan_domains.pddl.generate import SIZES
from replplan_domains.pddl.search import shortest
from replplan_domains.pddl.simulate import read_grounded
from replplan_domains.pddl.tasks import LENGTHS, drawn_tasks, text_of

_WORK = 1_000_000_000


def lengths() -> Iterator[tuple[str, int]]:
    """Each problem's name and the length of a shortest plan.

    Raises:
        DomainError: a problem is too hard.
    """
    for split in SIZES:
        for task in drawn_tasks("", split):
            plan = shortest(read_grounded(text_of(task)), _WORK)
            if not plan:
                raise DomainError(f"{task.id} has no plan, or none that was found")
            yield task.id, len(plan)


if __name__ == "__main__":
    LENGTHS.write_text(json.dumps(dict(lengths()), indent=0) + "\n")
