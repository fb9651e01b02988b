"""Built-in classifiers; each module offers its own by the hook ``bench_classifiers``."""
