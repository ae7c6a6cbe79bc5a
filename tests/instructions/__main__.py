"""Prints what ``tests/instructions/test_instructions.py`` holds: ``python -m tests.instructions``."""

import json
import sys

from tests.instructions.ratios import fewer

if __name__ == "__main__":
    found = {f"{name} {keeps}": round(ratio, 1) for (name, keeps), ratio in fewer().items()}
    sys.stdout.write(json.dumps(found, indent=4) + "\n")
