"""`python -m replplan`."""

from replplan.cli import main

main()
