"""Child program: reads every file of a folder and says what came of it; processor time and memory are watched.

A file that takes more than one second of processor time ends the program by SIGPROF; the last line names it.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

from apr_qa.weights import MalformedWeights, open_weights

SECONDS = 1.0


def memory(field: str) -> int:
    """Return bytes of resident memory: `VmRSS` now, `VmHWM` at most since `forget`."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field + ":"))


def forget() -> None:
    """Forget the highest mark: what a parent or an import once took is not the readers' doing."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def outcome(file: Path) -> str:
    """Return `refused`, `accepted`, or the name of the exception that breaks the contract."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        open_weights(file).close()
    except MalformedWeights as refusal:
        return "refused" if str(refusal).isprintable() else "refused in words that are not printable"
    except BaseException as error:  # noqa: BLE001  (anything else is what is looked for)
        return type(error).__name__
    else:
        return "accepted"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def main(folder: Path) -> None:
    """Read the good file first: what the readers themselves take is not the bad files' doing."""
    open_weights(folder / "good").close()
    forget()
    before = memory("VmRSS")
    for file in sorted(folder.glob("[0-9]*"), key=lambda path: int(path.name)):
        os.write(1, json.dumps({"file": file.name}).encode() + b"\n")
        began = time.process_time()
        said = {"file": file.name, "outcome": outcome(file), "seconds": time.process_time() - began}
        os.write(1, json.dumps(said).encode() + b"\n")
    os.write(1, json.dumps({"grown": memory("VmHWM") - before}).encode() + b"\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
