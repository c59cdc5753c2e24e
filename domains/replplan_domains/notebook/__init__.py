"""Your own goal over your own files and functions: no world, only a notebook."""

from replplan_domains.notebook.domain import Notebook

__all__ = ["Notebook"]
