"""COSEM objects as tables: rows, types and the companion standards."""
