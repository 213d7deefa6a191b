"""The same world over real sockets."""

import subprocess
import sys


def test_a_message_reaches_the_car_in_real_time() -> None:
    played = subprocess.run(
        [sys.executable, "-m", "tests.scenarios.world.real_time"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert played.returncode == 0, played.stdout + played.stderr
    assert played.stdout.count("True") == 9
