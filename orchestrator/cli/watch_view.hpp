#pragma once
#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>

#include "orchestrator/cli/terminal.hpp"

namespace tributary::cli {

/// How far a Discovery has come, as the server tells it. Source: architecture 7, discovery-progress.
struct Progress {
    std::string state = "none";  ///< none, running, late, complete
    unsigned asked = 0, answered = 0, matched = 0, failed = 0, pending = 0;
    bool operator==(Progress const&) const = default;
};

/// A document as it is shown. Texts are as they came.
struct DocumentRow {
    std::string id, partner, custodian, type, date, title, status;
    bool update = false;  ///< not the first Event of this document
};

/// What is said at the end.
struct Summary {
    std::size_t documents = 0;
    std::optional<std::chrono::milliseconds> first, last;
    std::chrono::milliseconds elapsed{0};
    Progress progress;
    bool interrupted = false;
};

/// "+0.412s  p001  Discharge summary  2025-11-02  "Discharge summary, pneumonia"", in columns that fit a terminal.
std::string format_row(Terminal const& terminal, std::chrono::milliseconds at, DocumentRow const& row);
/// "asked 8  answered 5  matched 3  failed 1  pending 2", for output that is no terminal.
std::string format_progress(Progress const& progress);
/// A bar with counts below it, two lines that fit the terminal.
std::string format_progress_area(
    Terminal const& terminal,
    Progress const& progress,
    std::size_t documents,
    std::chrono::milliseconds elapsed
);
std::string format_summary(Summary const& summary);

/// Puts rows and progress on the screen: on a terminal the progress stays below the rows and is redrawn in place; else a line when it changes.
class WatchScreen {
public:
    WatchScreen(std::ostream& out, Terminal terminal) : out_(out), terminal_(terminal) {}
    void show_row(std::chrono::milliseconds at, DocumentRow const& row);
    void show_progress(std::chrono::milliseconds elapsed, Progress const& progress);
    /// A line that stays, above the progress.
    void say(std::string const& line);
    /// Takes the progress away and says how it went.
    void finish(Summary const& summary);
    /// What finish() said; "" before.
    std::string const& last_words() const { return last_words_; }
    /// Nobody reads any more: the output was closed.
    bool broken() const;

private:
    /// In one write, so that nothing flickers.
    void show(std::string const& frame);
    std::string without_area();
    std::string area();

    std::ostream& out_;
    Terminal terminal_;
    std::size_t rows_ = 0;
    Progress progress_;
    std::chrono::milliseconds elapsed_{0};
    bool area_drawn_ = false;
    std::string last_words_;
};

}  // namespace tributary::cli
