"""Random sequences of operations against the reference, others each time, and more than the tests try."""

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.soak.helpers import SEED, some, tell
from tests.store import test_machine

SEQUENCES = 300
WALKS = 100


def soak_sequences_of_operations():
    more = settings(test_machine.TestTwoStores.settings, max_examples=some(SEQUENCES), derandomize=False)
    run_state_machine_as_test(test_machine.TwoStores, settings=more)
    tell("two stores and the reference", sequences=some(SEQUENCES))


def soak_walks_at_random():
    for seed in range(SEED, SEED + some(WALKS)):
        print(f"seed {seed}", flush=True)
        test_machine.test_a_walk_at_random(seed)
    tell("two stores and the reference", walks=some(WALKS))
