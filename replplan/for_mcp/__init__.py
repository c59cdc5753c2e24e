"""The Model Context Protocol, both ways: plans as tools of an agent, its tools in our cells."""
