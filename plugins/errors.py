"""What can go wrong for a user, each with its own name.

Every message states what is wrong, where, and what to do.
"""


class BenchError(Exception):
    """A mistake that the user can mend; shown as one line, without a traceback."""


class DataError(BenchError):
    """A file or folder cannot be used: missing, damaged, or laid out otherwise."""


class PluginError(BenchError):
    """A plugin breaks the contract."""


class TrainingError(BenchError):
    """A training cannot go on: the loss is not finite, memory ran out, or the like."""


class Cancelled(Exception):  # noqa: N818 - not an error: the user asked for it
    """The run was asked to stop; what is checkpointed is kept."""
