"""inspect_ai (the extra `inspect`): our planner as a solver in its evaluations, our runs as its
logs. The entry point `inspect_ai` names `tasks`."""
