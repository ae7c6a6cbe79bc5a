"""What the three emulators share: a server with hits and faults, one coherent world, and its pictures.

Nothing that runs in production imports this package or any `emulator.py`: `mediagraph sandbox` starts it as a
process of its own.
"""
