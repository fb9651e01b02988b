"""The harness: experiment file, matrix of cells, store, executors, data, tables, command line.

It imports `plugins` only, and finds generators, classifiers, metrics
and dataset readers by entry point.
"""
