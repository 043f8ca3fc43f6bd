#include "orchestrator/cli/watch_view.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ostream>
#include <utility>

namespace tributary::cli {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kAreaLines = 2;
constexpr std::size_t kAreaFrom = 24;  // a narrower terminal would wrap its lines, and none could be redrawn
constexpr std::size_t kMostBarWidth = 60;
constexpr std::size_t kTimeWidth = 9;
constexpr std::size_t kDayLength = 10;
constexpr std::size_t kNamesFrom = 72;  // a narrower terminal shows the partner's id alone

std::string seconds(milliseconds time) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3fs", static_cast<double>(time.count()) / 1000.0);
    return text.data();
}

std::string_view day_of(std::string_view date) { return date.substr(0, kDayLength); }

/// Columns of a row but its time; 0: left out. What a narrow terminal loses first is what says least.
struct Widths {
    std::size_t partner, type, date, title;
};
Widths widths_for(std::size_t width) {
    Widths widths{26, 20, kDayLength, 0};
    if (width < 100) widths = {14, 18, kDayLength, 0};
    if (width < kNamesFrom) widths = {8, 18, 0, 0};
    if (width < 56) widths = {8, 0, 0, 0};
    std::size_t used = kTimeWidth + 2;
    for (auto const column : {widths.partner, widths.type, widths.date}) used += column == 0 ? 0 : column + 2;
    widths.title = width - std::min(width, used + 1);
    return widths;
}

std::string flag_of(DocumentRow const& row) {
    std::string flag;
    if (!row.status.empty() && row.status != "current") flag += " (" + row.status + ")";
    return row.update ? flag + " (updated)" : flag;
}

std::string repeat(std::string_view text, std::size_t times) {
    std::string line;
    for (std::size_t i = 0; i < times; ++i) line += text;
    return line;
}

/// Columns of a bar for `part` of `whole`; at least one for anything above none.
std::size_t share(std::size_t width, unsigned part, unsigned whole) {
    if (whole == 0 || part == 0) return 0;
    return std::max<std::size_t>(1, width * part / whole);
}

std::string bar(Terminal const& terminal, std::size_t width, Progress const& progress) {
    auto const failed = share(width, progress.failed, progress.asked);
    auto const settled = progress.state == "complete" || (progress.pending == 0 && progress.asked > 0);
    auto const answered =
        settled ? width - failed : std::min(width - failed, share(width, progress.answered, progress.asked));
    std::string_view const full = terminal.unicode ? "█" : "#", failing = terminal.unicode ? "▒" : "x",
                           empty = terminal.unicode ? "░" : "-";
    return styled(terminal, Style::good, repeat(full, answered)) +
           styled(terminal, Style::bad, repeat(failing, failed)) +
           styled(terminal, Style::dim, repeat(empty, width - answered - failed));
}

Style style_of(Progress const& progress) {
    if (progress.state == "complete") return Style::good;
    return progress.state == "late" ? Style::bad : Style::busy;
}

void break_at_semicolons(std::string& line) {
    for (auto at = line.find("; "); at != std::string::npos; at = line.find("; ", at))
        line.replace(at, 2, "\n");
}

std::string format_partners(Progress const& progress) {
    auto text = "partners: " + std::to_string(progress.asked) + " asked, " +
                std::to_string(progress.answered) + " answered, " + std::to_string(progress.matched) +
                " matched, " + std::to_string(progress.failed) + " failed";
    if (progress.pending == 0) return text;
    return text + ", " + std::to_string(progress.pending) + (progress.state == "late" ? " late" : " pending");
}

}  // namespace

std::string format_row(Terminal const& terminal, milliseconds at, DocumentRow const& row) {
    auto const time = "+" + seconds(at), title = '"' + printable(row.title) + '"' + printable(flag_of(row));
    auto const date = printable(day_of(row.date)), type = printable(row.type);
    if (!terminal.interactive)
        return time + "  " + printable(row.partner) + "  " + type + "  " + date + "  " + title;
    auto const widths = widths_for(terminal.width);
    bool const named = !row.custodian.empty() && terminal.width >= kNamesFrom;
    auto const partner = printable(named ? row.partner + ' ' + row.custodian : row.partner);
    auto line = styled(terminal, Style::dim, fit(time, kTimeWidth)) + "  ";
    if (widths.partner > 0) line += styled(terminal, Style::good, fit(partner, widths.partner)) + "  ";
    if (widths.type > 0) line += styled(terminal, Style::bold, fit(type, widths.type)) + "  ";
    if (widths.date > 0) line += fit(date, widths.date) + "  ";
    return line + shorten(title, widths.title);
}

std::string format_progress(Progress const& progress) {
    auto const number = [](char const* name, unsigned value) {
        return std::string(name) + ' ' + std::to_string(value);
    };
    return number("asked", progress.asked) + "  " + number("answered", progress.answered) + "  " +
           number("matched", progress.matched) + "  " + number("failed", progress.failed) + "  " +
           number(progress.state == "late" ? "late" : "pending", progress.pending);
}

std::string format_progress_area(
    Terminal const& terminal, Progress const& progress, std::size_t documents, milliseconds elapsed
) {
    auto const done = std::to_string(progress.answered + progress.failed) + '/' +
                      std::to_string(progress.asked) + " partners";
    auto const room = terminal.width - std::min(terminal.width, columns(done) + 4);
    auto const line =
        format_progress(progress) + "  documents " + std::to_string(documents) + "  " + seconds(elapsed);
    auto const state = shorten(progress.state, 8);
    auto const counts = shorten(line, terminal.width - std::min(terminal.width, columns(state) + 3));
    return bar(terminal, std::min(room, kMostBarWidth), progress) + "  " + done + '\n' +
           styled(terminal, style_of(progress), state) + "  " + counts;
}

std::string format_summary(Summary const& summary) {
    std::string text = summary.interrupted ? "interrupted: " : "";
    text += std::to_string(summary.documents) + (summary.documents == 1 ? " document" : " documents");
    if (summary.first && summary.last)
        text += ", first after " + seconds(*summary.first) + ", last after " + seconds(*summary.last);
    return text + "; " + format_partners(summary.progress) + "; " + seconds(summary.elapsed) + " in all";
}

void WatchScreen::show_row(milliseconds at, DocumentRow const& row) {
    rows_ += row.update ? 0 : 1;
    say(format_row(terminal_, at, row));
}

void WatchScreen::show_progress(milliseconds elapsed, Progress const& progress) {
    bool const changed = progress != progress_;
    progress_ = progress;
    elapsed_ = elapsed;
    if (terminal_.interactive && terminal_.width >= kAreaFrom) {
        auto frame = without_area();
        frame += area();
        show(frame);
    } else if (changed) {
        show('+' + seconds(elapsed) + "  " + format_progress(progress) + '\n');
    }
}

void WatchScreen::say(std::string const& line) {
    bool const redraw = area_drawn_;
    auto frame = without_area() + line + '\n';
    if (redraw) frame += area();
    show(frame);
}

void WatchScreen::finish(Summary const& summary) {
    last_words_ = format_summary(summary) + '\n';
    auto shown = last_words_;
    if (terminal_.interactive && columns(shown) > terminal_.width) break_at_semicolons(shown);
    show(without_area() + shown);
}

bool WatchScreen::broken() const { return !out_; }

void WatchScreen::show(std::string const& frame) { out_ << frame << std::flush; }

std::string WatchScreen::without_area() {
    if (!std::exchange(area_drawn_, false)) return {};
    return "\r\x1b[" + std::to_string(kAreaLines - 1) +
           "A\x1b[J";  // to the first of its lines, and everything below goes
}

std::string WatchScreen::area() {
    area_drawn_ = true;
    return format_progress_area(terminal_, progress_, rows_, elapsed_);
}

}  // namespace tributary::cli
