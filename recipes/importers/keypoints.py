"""Six points of a body from an annotation's keypoints."""

COUNT = 6
ORDER = "0,1,2,3,4,5"


def add_options(parser):
    parser.add_argument("--point-order", type=order, default=order(ORDER), metavar="N,N,N,N,N,N",
                        help="numbers of the source's keypoints, from 0, that are the upper end plate's anterior, middle and posterior "
                             f"point, then the lower one's ({ORDER})")
    parser.add_argument("--no-points", action="store_true", help="read boxes only, for keypoints that are not these six")


def order(text):
    """A permutation of 0 to 5; ValueError when it is none."""
    found = [int(part) for part in text.split(",")]
    if sorted(found) != list(range(COUNT)):
        raise ValueError("not a permutation of 0 to 5")
    return found


def six(triples, permutation):
    """Points in our order, or None when one of them is not labelled. `triples`: x, y, visibility; a
    point is not labelled when its visibility is 0 or it lies in the origin."""
    chosen = [triples[i] for i in permutation]
    return None if any(v == 0 or (x, y) == (0, 0) for x, y, v in chosen) else [(x, y) for x, y, _ in chosen]
