"""Readers of published data sets and of plain folders: nothing else knows their layouts."""
