"""The simulator: a process that we own and do not trust.

`installation` finds ngspice, `session` binds its library, `batch` runs the program,
`worker` and `pool` keep sessions in processes of their own, and `judge` decides from the data
whether a run succeeded. Which text may be read at all, `optospice.netlist.guard` decides.
"""
