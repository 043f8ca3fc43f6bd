#!/usr/bin/env python3
"""Each rule of lint.py refuses what it is for, and leaves its neighbours alone."""
import unittest

import lint


def found(code, file="orchestrator/api/x.cpp"):
    return [why for _, why in lint.check_cpp(file, code)]


class Coroutines(unittest.TestCase):
    def test_spawning_is_for_the_async_room_and_main(self):
        for code in ("asio::co_spawn(ex, run(), asio::detached);\n", "co_spawn(ex, run(), done);\n"):
            self.assertIn("TaskGroup", "".join(found(code)))
            self.assertEqual(found(code, "orchestrator/async/task_group.hpp"), [])
            self.assertEqual(found(code, "orchestrator/main.cpp"), [])

    def test_a_comment_may_speak_of_what_is_forbidden(self):
        self.assertEqual(found('// never asio::detached\nlog("co_spawn(");\n'), [])

    def test_broken_libraries_and_umbrella_headers(self):
        for include in ("boost/asio/experimental/awaitable_operators.hpp", "boost/asio/experimental/channel.hpp",
                        "boost/beast.hpp", "boost/asio.hpp"):
            self.assertTrue(found(f"#include <{include}>\n"), include)
        self.assertEqual(found("#include <boost/asio/steady_timer.hpp>\n#include <boost/beast/http.hpp>\n"), [])


class HostileAwaits(unittest.TestCase):
    def test_a_loop_that_awaits_in_its_condition(self):
        for statement in ("while (co_await step()) continue;", "while (open && co_await step()) {}"):
            self.assertTrue(found(f"{statement}\n"), statement)
        for statement in ("while (more) more = co_await step();", "while (auto item = co_await queue.pop()) use(*item);"):
            self.assertEqual(found(f"{statement}\n"), [], statement)

    def test_braced_temporaries_and_capturing_lambdas(self):
        for statement in ("co_await send(Options{1, 2});", "co_await send({.size = 1});", "co_await send(a, {});",
                          "auto x = Pair{T{}, co_await g()};", "co_return Pair{a, co_await g()};",
                          "co_await with_group([p = std::move(p)](auto& g) { return p->run(g); });",
                          "if (auto r = co_await send(Options{1}); r) {\n    use(r);\n}",
                          "co_await f(\n    Options{\n        1,\n    });", "co_await run([=] { return 1; });"):
            self.assertTrue(found(f"void f() {{\n    {statement}\n}}\n"), statement)

    def test_names_calls_and_borrowing_lambdas(self):
        for statement in ("co_await send(options);", "co_await send(std::move(options), Deadline::after(clock, limit));",
                          "auto const o = Options{1};\n    co_await send(o);", "co_await send(o);\n    auto p = Options{1};",
                          "co_await with_group([&](auto& g) { return run(g); });", "co_await run([this] { return 1; });",
                          "for (auto& x : xs) {\n        co_await send(x);\n    }\n    auto p = Options{1};",
                          "if (co_await ready()) {\n        use(Options{1});\n    }", "co_return Options{1};",
                          "auto made = [n](int x) { return x + n; };\n    co_await send(made);"):
            self.assertEqual(found(f"void f() {{\n    {statement}\n}}\n"), [], statement)

    def test_the_escape(self):
        self.assertEqual(found("void f() {\n    co_await send(Point{1});  // NOLINT(p1)\n}\n"), [])


class Length(unittest.TestCase):
    def test_a_long_function_is_refused_and_a_long_class_is_not(self):
        body = "    step();\n" * 60
        self.assertIn("function of 62 lines", "".join(found(f"void f(int n) {{\n{body}}}\n")))
        self.assertEqual(found(f"void f(int n) {{\n{body[:-24]}}}\n"), [])
        self.assertEqual(found("class C {\n" + "    void f();\n" * 80 + "};\n"), [])
        method = "    void f() {\n" + "        step();\n" * 60 + "    }\n"
        self.assertIn("function of 62 lines", "".join(found(f"class C {{\n{method}}};\n")))


if __name__ == "__main__":
    unittest.main()
