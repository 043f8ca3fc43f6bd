#!/usr/bin/env python3
"""A citation that has no row is seen in each of its forms, and one that has a row passes."""
import unittest

import sources

PAGE = """# Sources
## subscriptions
| # | asks for | read |
|---|---|---|
| B4.1 | elements | BP |
| B5 | filters | BP |
## document-sharing
| # | asks for | read |
|---|---|---|
| D.3 | verdicts | ours |
"""


class Citations(unittest.TestCase):
    def faults(self, line):
        return [fault for _, fault in sources.faults_of(line, sources.rows_of(PAGE))]

    def test_a_row_stands_for_itself_for_its_parts_and_for_its_chapter(self):
        for cited in ("subscriptions B5", "subscriptions B4.1, B5", "subscriptions B5.2", "document-sharing D.3 (the verdicts)", "document-sharing D"):
            self.assertEqual(self.faults(f"/// Source: {cited}."), [], cited)

    def test_what_has_no_row(self):
        for cited in ("subscriptions B6", "subscriptions B5, B7", "subscriptions B5 to B9", "document-sharing D.3; subscriptions B8", "document-sharing E", "subscriptions B4"):
            self.assertEqual(len(self.faults(f"/// Source: {cited}.")), 1, cited)
        self.assertEqual(len(self.faults('TEST_CASE("so", "[x][document-sharing B.3]")')), 1)

    def test_a_number_without_its_sheet(self):
        self.assertIn("of what?", self.faults("/// Source: B5.")[0])

    def test_the_line_is_told(self):
        self.assertEqual([number for number, _ in sources.faults_of("\n// subscriptions B9\n", sources.rows_of(PAGE))], [2])


if __name__ == "__main__":
    unittest.main()
