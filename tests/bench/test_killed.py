"""A run that is killed at any time and run again prints what an unbroken one prints."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

RUN = [sys.executable, "-m", "bench"]


def tables(store: Path) -> str:
    return "".join(
        subprocess.run(
            [*RUN, "table", name, "tiny", "--store", str(store), "--format", "json"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for name in ("quality", "classification")
    )


def test_sigkill_anywhere(tiny: Path, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    # More steps, and a checkpoint at each, so that kills fall into trainings.
    tiny.write_text(tiny.read_text().replace("steps = 3", "steps = 12"))
    command = [*RUN, "run", str(tiny), "--store"]
    subprocess.run([*command, str(whole)], check=True, stdout=subprocess.DEVNULL)
    delay, kills = random.Random(0), 0
    while True:
        process = subprocess.Popen(
            [*command, str(broken)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        started = time.monotonic()
        cells = broken / "cells"
        before = len(list(cells.iterdir())) if cells.exists() else 0
        # Let it come some cells further, then kill it a random moment later.
        while process.poll() is None and time.monotonic() - started < 120:
            if cells.exists() and len(list(cells.iterdir())) >= before + 6:
                time.sleep(delay.uniform(0, 0.6))
                break
            time.sleep(0.01)
        if process.poll() is not None:
            assert process.returncode == 0
            break
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
    assert kills >= 2
    assert tables(broken) == tables(whole)
    for result in (whole / "cells").iterdir():
        for name in ("weights.safetensors", "clips.npy", "predictions.csv"):
            if (result / name).exists():
                twin = broken / "cells" / result.name / name
                assert twin.read_bytes() == (result / name).read_bytes()


def test_ctrl_c_is_no_traceback(tiny: Path, tmp_path: Path) -> None:
    tiny.write_text(tiny.read_text().replace("steps = 3", "steps = 100000"))
    process = subprocess.Popen(
        [*RUN, "run", str(tiny), "--protocols", "real", "--store", str(tmp_path / "store")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background would have it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    training = tmp_path / "store" / "work"
    while process.poll() is None and not list(training.glob("*/checkpoints/*/*.pth")):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "kept" in err
