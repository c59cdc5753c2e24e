"""Everything between the text of a cell and its result: processes, links, limits."""
