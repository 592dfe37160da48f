"""A picture that is cut out of a report stands alone."""

import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

from demo.report_pictures import NOTICE, main

SVG = '<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 460 {}" aria-label="{}"><path d="M0 0"/></svg>'
PAGE = f'<p>{SVG.format(596, "ROC, internal")}</p><svg class="bar"></svg>{SVG.format(556, "Not &quot;intact&quot;")}'


class Pictures(unittest.TestCase):
    def setUp(self):
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.folder = Path(kept.name)
        (self.folder / "report.html").write_text(PAGE)

    def test_it_is_the_one_asked_for_with_its_size_and_the_notice_below(self):
        main(self.folder / "report.html", self.folder, "roc=ROC, internal", 'other=Not "intact"')
        for name, height in (("roc", 620), ("other", 580)):
            svg = ElementTree.parse(self.folder / f"{name}.svg").getroot()
            self.assertEqual((svg.get("width"), svg.get("height")), ("460", str(height)))
            self.assertEqual(svg.get("viewBox"), f"0 0 460 {height}")
            self.assertEqual([child.tag.rpartition("}")[2] for child in svg], ["rect", "path", "text"])
            self.assertEqual(svg[2].text, NOTICE)

    def test_a_picture_that_is_not_there_is_named_with_those_that_are(self):
        with self.assertRaisesRegex(SystemExit, 'no picture "ROC, external"; it has ROC, internal, Not "intact"'):
            main(self.folder / "report.html", self.folder, "roc=ROC, external")


if __name__ == "__main__":
    unittest.main()
