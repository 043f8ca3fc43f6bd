#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/failure.hpp"
#include "fhir/json/value.hpp"
#include "orchestrator/cli/watch_view.hpp"

namespace tributary::cli {

// What `tributary watch` says to a server and reads from it: pure.

/// The canonical of the topic of patients' documents, out of a CapabilityStatement. Errors: not_supported.
Result<std::string> find_topic(fhir::json::Value const& capability_statement);

/// A topic Subscription over WebSocket with payload full-resource, and with progress notifications.
fhir::json::Value make_subscription(std::string_view topic, std::string_view criteria);

/// The answer of $get-ws-binding-token. Errors: protocol.
struct Binding {
    std::string token, url;
};
Result<Binding> read_binding(fhir::json::Value const& parameters);

/// One message on the socket: documents, or progress; neither for a handshake or heartbeat.
struct Notification {
    std::vector<DocumentRow> rows;
    std::optional<Progress> progress;
    std::string status;  ///< of the Subscription
};
/// Errors: protocol, malformed.
Result<Notification> read_notification(std::string_view text);

/// Why a server refused: the diagnostics of its OperationOutcome, a line each; the status where it sent none.
std::string explain_refusal(unsigned status, std::string_view body);

}  // namespace tributary::cli
