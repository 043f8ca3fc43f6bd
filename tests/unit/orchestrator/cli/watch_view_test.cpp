#include "orchestrator/cli/watch_view.hpp"

#include <sstream>

#include "tests/support/catch.hpp"

namespace tributary::cli {
namespace {

using namespace std::chrono_literals;

DocumentRow discharge_summary() {
    DocumentRow row;
    row.id = "d1";
    row.partner = "riverside";
    row.custodian = "Riverside Health";
    row.type = "Discharge summary";
    row.date = "2025-11-02T16:15:00Z";
    row.title = "Pneumonia";
    row.status = "current";
    return row;
}

Progress halfway() {
    Progress progress;
    progress.state = "running";
    progress.asked = 8;
    progress.answered = 5;
    progress.matched = 3;
    progress.failed = 1;
    progress.pending = 2;
    return progress;
}

Terminal terminal_of(std::size_t width) {
    Terminal terminal;
    terminal.interactive = true;
    terminal.width = width;
    return terminal;
}

std::vector<std::string> lines_of(std::string const& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

}  // namespace

TEST_CASE("where there is no terminal a document is one plain line", "[cli][watch]") {
    CHECK(
        format_row({}, 412ms, discharge_summary()) ==
        "+0.412s  riverside  Discharge summary  2025-11-02  \"Pneumonia\""
    );
    auto row = discharge_summary();
    row.status = "superseded";
    row.update = true;
    CHECK(
        format_row({}, 12345ms, row) ==
        "+12.345s  riverside  Discharge summary  2025-11-02  \"Pneumonia\" (superseded) (updated)"
    );
}

TEST_CASE("on a terminal a row and the progress never exceed its width", "[cli][watch]") {
    auto row = discharge_summary();
    row.title = std::string(300, 'x');
    row.type = std::string(80, 'y');
    for (std::size_t const width : {24U, 30U, 40U, 60U, 80U, 99U, 100U, 200U}) {
        INFO(width);
        CHECK(columns(format_row(terminal_of(width), 412ms, row)) <= width);
        auto const area = lines_of(format_progress_area(terminal_of(width), halfway(), 13, 3210ms));
        REQUIRE(area.size() == 2);
        for (auto const& line : area) CHECK(columns(line) <= width);
    }
}

TEST_CASE("a narrow terminal shows the partner's id alone, and whole", "[cli][watch]") {
    auto row = discharge_summary();
    row.partner = "p084";
    for (std::size_t const width : {40U, 60U, 71U}) {
        INFO(width);
        auto const line = format_row(terminal_of(width), 412ms, row);
        CHECK(line.find("p084 ") != std::string::npos);
        CHECK(line.find("River") == std::string::npos);
    }
    CHECK(format_row(terminal_of(80), 412ms, row).find("p084 River") != std::string::npos);
}

TEST_CASE("the bar is full when nobody is pending, and shows who failed", "[cli][watch]") {
    auto progress = halfway();
    auto const bar_of = [](Progress const& shown) {
        return lines_of(format_progress_area(terminal_of(40), shown, 0, 0ms)).at(0);
    };
    CHECK_THAT(bar_of(progress), Catch::Matchers::ContainsSubstring("-"));
    CHECK_THAT(bar_of(progress), Catch::Matchers::ContainsSubstring("6/8 partners"));
    progress.answered = 7;
    progress.pending = 0;
    auto const full = bar_of(progress);
    CHECK(full.find('-') == std::string::npos);
    CHECK(full.find("#x") != std::string::npos);
    CHECK(bar_of({}).find('#') == std::string::npos);
}

TEST_CASE("progress after its deadline is called late", "[cli][watch]") {
    auto progress = halfway();
    CHECK(format_progress(progress) == "asked 8  answered 5  matched 3  failed 1  pending 2");
    progress.state = "late";
    CHECK(format_progress(progress) == "asked 8  answered 5  matched 3  failed 1  late 2");
}

TEST_CASE("the summary tells documents, first, last, and how the partners did", "[cli][watch]") {
    Summary summary;
    summary.documents = 13;
    summary.first = 352ms;
    summary.last = 5800ms;
    summary.elapsed = 6001ms;
    summary.progress = halfway();
    summary.progress.pending = 0;
    CHECK(
        format_summary(summary) ==
        "13 documents, first after 0.352s, last after 5.800s; partners: 8 asked, 5 answered, 3 matched, 1 "
        "failed; 6.001s in all"
    );
    Summary nothing;
    nothing.interrupted = true;
    CHECK(
        format_summary(nothing) ==
        "interrupted: 0 documents; partners: 0 asked, 0 answered, 0 matched, 0 failed; 0.000s in all"
    );
}

TEST_CASE("plain output has a progress line only when something changed", "[cli][watch]") {
    std::ostringstream out;
    WatchScreen screen(out, {});
    screen.show_progress(100ms, halfway());
    screen.show_progress(350ms, halfway());
    screen.show_row(400ms, discharge_summary());
    screen.show_progress(600ms, halfway());
    CHECK(lines_of(out.str()).size() == 2);
    CHECK(out.str().find('\x1b') == std::string::npos);
}

TEST_CASE("a terminal's progress is erased before a row and drawn again below it", "[cli][watch]") {
    std::ostringstream out;
    WatchScreen screen(out, terminal_of(80));
    screen.show_progress(100ms, halfway());
    auto const before = out.str().size();
    screen.show_row(400ms, discharge_summary());
    auto const added = out.str().substr(before);
    CHECK(added.starts_with("\r\x1b[1A\x1b[J"));
    CHECK(lines_of(added).size() == 3);
    CHECK_THAT(added, Catch::Matchers::ContainsSubstring("documents 1"));
    auto const drawn = out.str().size();
    screen.show_progress(650ms, halfway());
    CHECK(out.str().substr(drawn).starts_with("\r\x1b[1A\x1b[J"));
    screen.finish({});
    CHECK(out.str().ends_with("in all\n"));
}

TEST_CASE("a terminal too narrow for the progress has it as plain lines", "[cli][watch]") {
    std::ostringstream out;
    WatchScreen screen(out, terminal_of(20));
    screen.show_progress(100ms, halfway());
    screen.show_progress(350ms, halfway());
    screen.show_row(400ms, discharge_summary());
    screen.finish({});
    CHECK(out.str().find('\x1b') == std::string::npos);
    CHECK(out.str().starts_with("+0.100s  asked "));
}

TEST_CASE("a terminal's summary has as many lines as it needs, and is kept as one", "[cli][watch]") {
    Summary summary;
    summary.progress = halfway();
    std::ostringstream narrow;
    WatchScreen screen(narrow, terminal_of(60));
    screen.finish(summary);
    CHECK(lines_of(narrow.str()).size() == 3);
    CHECK(lines_of(screen.last_words()).size() == 1);
    std::ostringstream wide;
    WatchScreen(wide, terminal_of(120)).finish(summary);
    CHECK(wide.str() == screen.last_words());
}

}  // namespace tributary::cli
