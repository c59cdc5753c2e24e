"""What the keys do, in words."""

HELP = """\
LOOKING
  up down, j k    the cell before, the next
  g G, home end   the first cell, the last
  enter           unfold an entry, fold it again
  tab             to the tree, the notebook, what is beside it
  o  u            into a sub-REPL, back to its caller
  v               follow the session that works
  f               choose what is shown
  z               world, budget and variables: show, hide
  [  ]            the plan before, the next (branches)

FINDING AND TAKING
  /               search all notebooks
  n  N            the next place, the one before
  esc             without the marks
  c               copy the chosen cell
  E               open it in $EDITOR
  K               keep the plan's sessions as demonstrations
  X               write it as a page and as a notebook

TIME
  space           play again from the start, hold
  + -             faster, slower: 1x to 50x
  left right      a moment back, on
  1 2 3           to the next error, action, sub-REPL
  ! @ #           to the one before
  0  9, esc       to the beginning, to now
                  a click on the line goes there

STEERING A LIVE PLAN
  p               pause before the next turn, go on
  s               one cell, then pause again
  i               interrupt the cell; its variables stay
  m               say something before the next turn
  a               look at each cell before it runs, or not
    y  e  x       run it, edit it, reject it with a reason
  t               answer the questions of cells, or not
    r  d          reply, leave it to the model
  w               write a cell of your own
  l               raise a limit; of one that fell:
    l  d          raise it, end the plan
  b               branch: a second live plan from here

ctrl+p            all actions and themes by name
ctrl+z            to the shell; fg comes back
q                 leave; a plan under way is asked about first

The bar at the left of a cell is yellow while it runs, green
when it went well, red for an error. ▶ is a call that became
a sub-REPL, ◀ what it answered.
"""
