"""What went wrong, in one line with its code, on standard error: for every process of ours."""

import os
import sys
from collections.abc import Callable

from api.cli.exits import Exit
from api.scenarios import fault
from graph_model.errors import XinhengError


def guarded(work: Callable[[], int]) -> int:
    """Do some work; gives its exit code, or that of what went wrong."""
    try:
        return work()
    except XinhengError as error:
        print(f"xinheng: {_named(error)}: {error}", file=sys.stderr)
        return Exit.NOT_DONE
    except OSError as error:
        return _io_failed(error)
    except KeyboardInterrupt:
        print("\nxinheng: 已中断 interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    except Exception as error:
        told = fault(error)  # its place alone: message and trace may quote what was given
        print(f"xinheng: {_named(told)}: {told}", file=sys.stderr)
        return Exit.NOT_DONE


def _named(error: XinhengError) -> str:
    """Give the error's code, and behind it the more detailed one."""
    if error.detail_code is None:
        return error.code
    return error.detail_code if error.code == XinhengError.code else f"{error.code} [{error.detail_code}]"


def _io_failed(error: OSError) -> Exit:
    if isinstance(error, BrokenPipeError):
        # Python would complain once more when it flushes at its end; let it flush into nothing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.READER_GONE
    where = f"{error.filename}: " if error.filename else ""
    print(
        f"xinheng: io.failed: {where}{error.strerror or error}; 请检查路径与权限 check path and rights", file=sys.stderr
    )
    return Exit.NOT_DONE
