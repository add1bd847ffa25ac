"""The product's settings, and one more address: the bare view that is the floor of ``benchmarks.serving``."""

from loyalty.settings import *  # noqa: F403  # all of them, as they are

ROOT_URLCONF = "benchmarks.bare"
