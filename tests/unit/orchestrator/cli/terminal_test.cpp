#include "orchestrator/cli/terminal.hpp"

#include "tests/support/catch.hpp"

namespace tributary::cli {

TEST_CASE("text is cut or filled to a number of columns, counted in letters", "[cli]") {
    CHECK(fit("abc", 5) == "abc  ");
    CHECK(fit("abcdef", 4) == "abc…");
    CHECK(columns("Zoë 王") == 5);
    CHECK(fit("Zoë", 4) == "Zoë ");
    CHECK(shorten("Zoëzoë", 4) == "Zoë…");
    CHECK(shorten("abc", 3) == "abc");
    CHECK(shorten("abc", 0).empty());
}

TEST_CASE("what somebody else wrote cannot command the terminal", "[cli]") {
    CHECK(printable("a\x1b[2Jb\nc\x7f") == "a?[2Jb?c?");
    CHECK(
        printable("\xC2\x9B"
                  "31m") == "?31m"
    );
    CHECK(printable("Zoë ü") == "Zoë ü");
}

TEST_CASE("without colour there are no escape sequences", "[cli]") {
    Terminal terminal;
    CHECK(styled(terminal, Style::good, "ok") == "ok");
    terminal.color = true;
    CHECK(styled(terminal, Style::good, "ok") == "\x1b[32mok\x1b[0m");
    CHECK(styled(terminal, Style::plain, "ok") == "ok");
}

}  // namespace tributary::cli
