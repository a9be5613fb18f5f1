"""What the engine costs, measured against its alternatives in the same run.

``python -m benchmarks`` measures, checks both sides against an exact solution, prints a
table and writes it to ``benchmarks/results.md``. One module per row of the table.
"""
