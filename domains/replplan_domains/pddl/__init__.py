"""Classical planning in PDDL: blocks and logistics drawn by seed, or problems of one's own.

Plans are run by our own simulator and judged by validity and by length, against a shortest plan
that our own search (A*, landmark cuts) or pyperplan finds.
"""

from replplan_domains.pddl.domain import PDDL
from replplan_domains.pddl.search import shortest
from replplan_domains.pddl.simulate import read_grounded, simulate

__all__ = ["PDDL", "read_grounded", "shortest", "simulate"]
