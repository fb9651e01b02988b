"""What a data set holds, counted."""

import numpy as np

from bench.data.inventory import Members, Spread, take_inventory


def _records(tools):
    grey = np.zeros((3, 20, 30, 1), np.uint8)
    same = np.zeros((5, 20, 30, 3), np.uint8)
    tinted = np.zeros((4, 40, 30, 3), np.uint8)
    tinted[0, 0, 0, 2] = 1
    return [
        tools.ArrayRecord(grey, "a", "y", "p"),
        tools.ArrayRecord(same, "b", "x", "p"),
        tools.ArrayRecord(tinted, "c", "x", "q"),
    ]


def test_everything_is_counted(tools):
    told = []
    found = take_inventory(_records(tools), report=lambda *done: told.append(done))
    assert found.n == 3
    assert found.classes == {"x": Members(2, 2), "y": Members(1, 1)}
    assert list(found.classes) == ["x", "y"]
    assert (found.groups, found.shared_groups) == (2, 1)
    assert found.frames == Spread(3, 4, 5)
    assert found.counted
    assert found.sizes == 2
    assert found.widths == Spread(30, 30, 30)
    assert found.heights == Spread(20, 20, 40)
    assert found.colours == {"grey": 1, "grey stored as RGB": 1, "colour": 1}
    assert found.faults == ()
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_hint_is_believed_unless_all_is_decoded(tools):
    class Hinted(tools.ArrayRecord):
        def length_hint(self):
            return 7

    record = Hinted(np.zeros((3, 8, 8, 1), np.uint8))
    hinted, counted = take_inventory([record]), take_inventory([record], decode=True)
    assert (hinted.frames, hinted.counted) == (Spread(7, 7, 7), False)
    assert (counted.frames, counted.counted) == (Spread(3, 3, 3), True)


def test_what_cannot_be_decoded_costs_itself_alone(tools):
    class Wrong(tools.ArrayRecord):
        def stream(self):
            raise KeyError("frame 3")

    sound = tools.ArrayRecord(np.zeros((2, 8, 8, 1), np.uint8), "sound")
    empty = tools.ArrayRecord(np.zeros((0, 8, 8, 1), np.uint8), "empty")
    found = take_inventory([Wrong(None, "wrong"), sound, empty])
    assert found.n == 3
    assert found.frames == Spread(2, 2, 2)
    assert found.faults == ("wrong: KeyError: 'frame 3'", "empty: holds no frames")
    assert take_inventory([empty]).widths is None
