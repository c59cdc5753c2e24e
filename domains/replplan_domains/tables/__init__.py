"""Questions over messy tables: the orders and customers of shops, in CSV, JSON and SQLite files.

Each task has files, a question, the type of its answer, and one right answer.
"""

from replplan_domains.tables.domain import Tables

__all__ = ["Tables"]
