#pragma once
#include <string>
#include <string_view>

#include "fhir/base/failure.hpp"

namespace tributary::cli {

struct WatchOptions {
    std::string criteria;  ///< DocumentReference?patient.given=bob&patient.family=smith
    std::string server = "http://127.0.0.1:8080/fhir";
    std::string summary;  ///< a file that gets the last line as well; "": none
};

/// Replaces what the file says. Errors: storage, with the file and the system's reason.
Result<void> write_summary(std::string const& file, std::string_view words);

/// `tributary watch`: subscribes over WebSocket, shows the progress and each document as it arrives on standard output, and deletes its Subscription when
/// all partners have answered and all documents are here, on SIGINT, SIGTERM or SIGHUP, or when nobody reads its output. Answers the exit code: 0, or 1 with the reason on stderr;
/// a summary that cannot be written is one, told before anything is subscribed where it shows by then. Runs a loop of its own until then.
int run_watch(WatchOptions options);

}  // namespace tributary::cli
