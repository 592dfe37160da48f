"""The weights tell which EfficientNet-Lite they are of."""

import unittest

from demo.efficientnet import STAGES, of_weights


def names(blocks):
    """As the weight files name their tensors; the last block's number has two digits."""
    of_block = [f"_blocks.{i}.{part}" for i in range(blocks) for part in ("_depthwise_conv.weight", "_bn1.weight", "_bn1.bias")]
    return ["_conv_stem.weight", *of_block, "_conv_head.weight", "_fc.weight"]


class Layouts(unittest.TestCase):
    def test_lite0_has_the_stages_as_they_are(self):
        lite0 = of_weights(names(16))
        self.assertEqual((lite0.name, lite0.size), ("EfficientNet-Lite0", 224))
        self.assertEqual(tuple(lite0.stages()), STAGES)

    def test_lite1_repeats_all_but_the_first_stage_and_the_last_once_more(self):
        lite1 = of_weights(names(21))
        self.assertEqual((lite1.name, lite1.size), ("EfficientNet-Lite1", 240))
        self.assertEqual([repeats for _, _, repeats, _, _ in lite1.stages()], [1, 3, 3, 4, 4, 5, 1])
        others = [(e, w, k, s) for e, w, _, k, s in lite1.stages()]
        self.assertEqual(others, [(e, w, k, s) for e, w, _, k, s in STAGES])

    def test_other_weights_are_refused_with_what_is_known(self):
        with self.assertRaisesRegex(ValueError, "23 blocks; known are EfficientNet-Lite0 of 16, EfficientNet-Lite1 of 21"):
            of_weights(names(23))


if __name__ == "__main__":
    unittest.main()
