"""A language model plans in a live kernel. See https://aclanthology.org (REPL-Plan, ACL 2025)."""
