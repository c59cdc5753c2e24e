"""What the keys do, in words."""

HELP = """\
LOOKING
  up down, j k     the cell before, the next      enter    unfold, fold
  g G, home end    the first cell, the last       pgup pgdn  scroll
  tab              tree, notebook, side           o  u     into a sub-REPL, back to its caller
  v                follow the session that works  z        world, budget, variables
  f                choose what is shown           [  ]     the plan before, the next (branches)

FINDING AND TAKING
  /                search all notebooks           n  N     the next place, the one before
  c                copy the chosen cell           E        open it in $EDITOR
  K                keep the plan's sessions as demonstrations
  X                write it as a page and as a notebook, beside its trace

TIME
  space            play again from the start, hold
  + -              faster, slower: 1x to 50x      left right  a moment back, on
  1 2 3            to the next error, action, sub-REPL; with shift to the one before
  0  9, esc        to the beginning, to now       a click on the line goes there

STEERING A LIVE PLAN
  p                pause before the next turn, go on
  s                one cell, then pause again
  i                interrupt the cell that runs; its variables stay
  m                say something: the planner reads it before its next turn
  a                look at each cell before it runs; again: let all run
    y  e  x        run the cell, edit it, reject it with a reason
  t                answer the questions of cells (ask) yourself; again: leave them to the model
    r  d           reply to a question, leave it to the model
  w                write a cell of your own into the live kernel
  l                raise a limit, also when one has fallen; d then ends the plan
  b                branch: a second live plan from this state

ctrl+p             all actions and themes by name
q                  leave; a plan under way is ended after a question

The notebook has a bar at its left: yellow while a cell runs, green when it went well, red for an
error. ▶ is a call that became a sub-REPL, ◀ what it answered.
"""
