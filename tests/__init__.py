"""The tests, in the rooms of helpers; what goes through several of them is here."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
"""The project's folder."""
