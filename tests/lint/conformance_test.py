#!/usr/bin/env python3
"""Each fault of the conformance page is seen, and a page without any passes."""
import pathlib
import tempfile
import unittest

import conformance


class Page(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tests = pathlib.Path(folder.name)
        (self.tests / "a_test.cpp").write_text('TEST_CASE("it works, in "\n          "two parts", "[x]") {\n}\nTEST_CASE_METHOD(F, "so") {}\n')
        (self.tests / "test_b.py").write_text("class B:\n    def test_it_works(self):\n        pass\n")

    def faults(self, changed=None, row=None, more=""):
        rows = {number: f"| {number} | what | met | `a_test.cpp` \"it works, in two parts\", \"so\", `test_b.py` \"test_it_works\" |"
                for number in conformance.REQUIREMENTS}
        if changed:
            rows[changed] = row
        return list(conformance.faults("\n".join(rows.values()) + more, self.tests))

    def test_a_page_with_every_row_and_tests_that_exist_passes(self):
        self.assertEqual(self.faults(), [])

    def test_a_missing_a_repeated_and_an_invented_row(self):
        self.assertEqual(self.faults("B21.7", ""), ["B21.7: 0 rows"])
        self.assertIn("B21.8: 2 rows", self.faults("B21.7", "| B21.8 | what | met | `a_test.cpp` \"so\" |"))
        self.assertEqual(self.faults(more="\n| B99.1 | what | not met | never |"), ["B99.1: no such requirement"])

    def test_a_test_that_is_not_in_the_tree(self):
        self.assertIn("no case", self.faults("D1.1", "| D1.1 | what | met | `a_test.cpp` \"it works\" |")[0])
        self.assertIn("there is no", self.faults("D1.1", "| D1.1 | what | met | `c_test.cpp` \"so\" |")[0])

    def test_a_row_that_says_nothing(self):
        self.assertIn("by no test", self.faults("D1.1", "| D1.1 | what | met | surely |")[0])
        self.assertIn("no reason", self.faults("D1.1", "| D1.1 | what | not met | `a_test.cpp` \"so\" |")[0])
        self.assertIn("the state is one of", self.faults("D1.1", "| D1.1 | what | nearly | `a_test.cpp` \"so\" |")[0])


if __name__ == "__main__":
    unittest.main()
