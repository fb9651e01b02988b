"""The order of training items follows from seed and step, and is fair."""

from plugins.order import Order


def test_every_item_is_shown_once_per_epoch_in_an_order_of_its_own() -> None:
    order = Order([range(7)], batch_size=3, seed=1)
    stream = [i for step in range(14) for i in order(step)]
    epochs = [stream[e : e + 7] for e in range(0, 42, 7)]
    assert all(sorted(epoch) == list(range(7)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == len(epochs)


def test_a_step_follows_from_seed_and_step_alone() -> None:
    assert Order([range(7)], 3, seed=1)(5) == Order([range(7)], 3, seed=1)(5)
    assert Order([range(7)], 3, seed=1)(5) != Order([range(7)], 3, seed=2)(5)


def test_pools_are_taken_from_in_turn() -> None:
    order = Order([list(range(9)), [9, 10, 11]], batch_size=6, seed=1)
    stream = [i for step in range(6) for i in order(step)]
    assert [i >= 9 for i in stream] == [False, True] * 18
    assert sorted(i for i in stream if i >= 9) == sorted([9, 10, 11] * 6)


def test_a_batch_may_exceed_the_items() -> None:
    drawn = Order([range(3)], batch_size=6, seed=0)(0)
    assert sorted(drawn) == [0, 0, 1, 1, 2, 2]
