"""A trace as something else: a notebook, training data, a page, a log of another tool.

`plan_tree` reads a trace as a tree of REPLs; `elements`, `page` and `plan_piece` are the pieces of
HTML that pages are made of, for one plan and for many.
"""
