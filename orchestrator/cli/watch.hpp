#pragma once
#include <string>

namespace tributary::cli {

struct WatchOptions {
    std::string criteria;  ///< DocumentReference?patient.given=bob&patient.family=smith
    std::string server = "http://127.0.0.1:8080/fhir";
    std::string summary;  ///< a file that gets the last line as well; "": none
};

/// `tributary watch`: subscribes over WebSocket, shows the progress and each document as it arrives on standard output, and deletes its Subscription when
/// all partners have answered and all documents are here, on SIGINT, SIGTERM or SIGHUP, or when nobody reads its output. Answers the exit code: 0, or 1 with the reason on stderr.
/// Runs a loop of its own until then.
int run_watch(WatchOptions options);

}  // namespace tributary::cli
