#!/usr/bin/env python3
"""layers_test.py SOURCE: plants a forbidden include of each kind in a small project, compiles it, and sees each refused."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv.pop(1)).resolve()

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(planted LANGUAGES CXX)
set(CMAKE_CXX_STANDARD 20)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers)
find_package(Threads REQUIRED)
set(TRIBUTARY_PCH OFF)
include({source}/cmake/tributary_part.cmake)
{parts}
tributary_write_layers()
"""

PARTS = {
    "fhir/base": [], "fhir/json": ["fhir/base"], "fhir/xml": ["fhir/base"], "fhir/resources": ["fhir/json"],
    "subscriptions": ["fhir/base"],
    "cache": ["subscriptions"], "orchestrator/base": ["fhir/base"], "orchestrator/async": ["orchestrator/base"],
    "orchestrator/net": ["orchestrator/async"], "orchestrator/api": ["orchestrator/net", "cache"],
}

# Where each kind of header may be read, so that the clean project reads all of them.
ALLOWED = {
    "orchestrator/net": "boost/beast/core/error.hpp", "orchestrator/async": "boost/asio/error.hpp",
    "orchestrator/base": "openssl/opensslv.h", "cache": "sqlite3.h", "fhir/json": "rapidjson/rapidjson.h",
    "fhir/xml": "libxml2/libxml/xmlexports.h",
}

PLANTED = {
    "Asio below the orchestrator": ("subscriptions", "<boost/asio/error.hpp>", "/boost/asio"),
    "Beast outside the network room": ("orchestrator/async", "<boost/beast/core/error.hpp>", "/boost/beast"),
    "OpenSSL below the orchestrator": ("fhir/base", "<openssl/opensslv.h>", "/openssl/"),
    "SQLite outside the cache": ("orchestrator/base", "<sqlite3.h>", "/sqlite3.h"),
    "RapidJSON outside fhir/json": ("fhir/resources", "<rapidjson/rapidjson.h>", "/rapidjson/"),
    "libxml2 outside fhir/xml": ("fhir/resources", "<libxml2/libxml/xmlexports.h>", "/libxml/"),
    "a part above": ("fhir/resources", '"cache/header.hpp"', "cache is not among"),
    "a part that is visible, but not declared": ("orchestrator/api", '"fhir/base/header.hpp"', "not declared in USES"),
}


class Planted(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name).resolve()
        for part in PARTS:
            self.write(part, f"#include <{ALLOWED[part]}>\n" if part in ALLOWED else "")
        (self.root / "CMakeLists.txt").write_text(
            PROJECT.format(source=SOURCE, parts="\n".join(f"add_subdirectory({part})" for part in PARTS)))
        for part, uses in PARTS.items():
            (self.root / part / "CMakeLists.txt").write_text(
                f"tributary_part({part} SOURCES source.cpp HEADERS header.hpp USES {' '.join(uses)}"
                " LIBRARIES Boost::headers)\n")
        for pch in ("std", "asio"):
            path = self.root / "cmake" / f"pch_{pch}.cpp"
            path.parent.mkdir(exist_ok=True)
            path.write_text("")

    def write(self, part, text):
        folder = self.root / part
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "header.hpp").write_text("#pragma once\n")
        (folder / "source.cpp").write_text(text + f'#include "{part}/header.hpp"\n')

    def plant(self, part, include):
        path = self.root / part / "source.cpp"
        path.write_text(f"#include {include}\n" + path.read_text())

    def check(self):
        build = self.root / "build"
        configure = ["cmake", "-S", self.root, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug"]
        subprocess.run(configure, check=True, capture_output=True)
        subprocess.run(["cmake", "--build", build], check=True, capture_output=True)
        layers = pathlib.Path(__file__).with_name("layers.py")
        return subprocess.run([sys.executable, layers, build, self.root], capture_output=True, text=True)

    def test_what_is_declared_passes_and_each_planted_include_is_refused(self):
        clean = self.check()
        self.assertEqual(clean.returncode, 0, clean.stdout + clean.stderr)
        self.assertIn(f"{len(PARTS)} objects, 0 violations", clean.stdout)
        for part, include, _ in PLANTED.values():
            self.plant(part, include)
        planted = self.check()
        self.assertEqual(planted.returncode, 1, planted.stdout)
        for kind, (part, include, sign) in PLANTED.items():
            with self.subTest(kind):
                found = [line for line in planted.stdout.splitlines()
                         if line.startswith(part + "  ") and "source.cpp" in line and sign in line]
                self.assertTrue(found, f"{part} includes {include}, and nobody minds:\n{planted.stdout}")


if __name__ == "__main__":
    unittest.main()
