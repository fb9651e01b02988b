"""The command ``bench``."""

from __future__ import annotations

import os
import sys

# Before torch is imported: threads that spin while they wait make a training
# many times slower on a machine whose cores are busy with something else.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import click

from bench.rooms import ShadowedError, check_rooms

USER_MISTAKE = 2
INTERRUPTED = 130


def main() -> None:
    """Run the command line; a user's mistake is one line and exit code 2."""
    try:
        check_rooms()
    except ShadowedError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(USER_MISTAKE)
    # Not before: these import the packages that were just checked.
    from bench.commands import cli
    from plugins.errors import BenchError, Cancelled

    try:
        sys.exit(cli.main(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BenchError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(USER_MISTAKE)
    except (Cancelled, KeyboardInterrupt, click.Abort):
        click.echo("stopped; what is finished or checkpointed is kept", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe (head, less) has left; nothing is wrong.
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
