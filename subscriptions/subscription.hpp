#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/base/failure.hpp"
#include "fhir/json/value.hpp"
#include "fhir/search/patient_query.hpp"

namespace tributary::subscriptions {

enum class Kind { classic, topic };
enum class Status { requested, active, error, off };
enum class ChannelType { rest_hook, websocket };
/// Which news of a document make Events, besides its becoming known.
enum class Trigger { created, status_changed, changed };
/// What a notification carries. none and resource are classic; the others are the backport's content levels.
enum class Content { none, resource, empty, id_only, full_resource };

std::string_view wire(Status status);
std::string_view wire(ChannelType type);
std::optional<Status> read_status(std::string_view code);

/// A shorter period is taken as this one.
inline constexpr std::chrono::seconds kShortestHeartbeat{5};

struct Channel {
    ChannelType type = ChannelType::rest_hook;
    std::string endpoint;
    std::string payload;  ///< MIME type as written; "" none
    std::vector<std::pair<std::string, std::string>> headers;
    std::optional<std::chrono::seconds> timeout, heartbeat_period;
    std::optional<unsigned> max_count;
};

/// What a Subscription asks for, understood. Made from the resource whenever it is needed: the resource is what is stored.
struct Plan {
    Kind kind = Kind::classic;
    std::string
        topic;  ///< canonical of the topic it names (without version, in its first spelling), "" for classic
    bool ihe = false;                    ///< a topic of DSUBm, with its rules (document-sharing C.4)
    Trigger trigger = Trigger::changed;  ///< classic criteria: every new version that matches
    fhir::search::DocumentSearch search;
    Channel channel;
    Content content = Content::none;
    bool notify_progress = false;  ///< Events tell how its Discovery goes, too
    std::optional<std::chrono::system_clock::time_point> end;
};

/// What the deployment allows.
struct Rules {
    std::string canonical_base;  ///< our topic is <canonical_base>/SubscriptionTopic/patient-documents
    std::string base;            ///< our FHIR base, so that patient=[base]/Patient/1 is understood
    std::size_t criteria_limit = 64 * 1024;
    bool full_resource_over_http = false;
    bool deactivation_notice = false;  ///< for every topic Subscription, not for those of DSUBm only
    /// Errors: refused_address, malformed. Checks a rest-hook endpoint without DNS.
    std::function<Result<void>(std::string_view endpoint)> check_endpoint;
};

struct Reading {
    Plan plan;                          ///< meaningful only without problems
    Status status = Status::requested;  ///< what the client submits
    std::vector<Failure> problems;      ///< all of them, each with its element path
};

/// The list of channel.header; nullptr: there is none.
fhir::json::Value::Array* channel_headers(fhir::json::Value& resource);

/// Reads and validates what a client writes (create, update). Decides the kind by subscriptions.md B4.3; unknown extensions on criteria, unknown channel,
/// unsupported topic, filter, content level, MIME type, fhirVersion, bad headers, `end` in the past at `now`, missing reason … are problems with
/// the code of the sheet's tables. Source: subscriptions A1–A5, B3–B7, C4, E5.
Reading read_subscription(
    fhir::json::Value const& resource, Rules const& rules, std::chrono::system_clock::time_point now
);

/// The Plan of a stored Subscription, which was valid when it was written. Endpoint policy and `end` are not looked at again. Errors: the first problem.
Result<Plan> read_plan(fhir::json::Value const& resource, Rules const& rules);
/// The same of the text as it is stored. Errors also: storage, for one that does not parse (a fault).
Result<Plan> stored_plan(std::string_view text, Rules const& rules);

/// The resource as a client reads it: channel.header values masked ("Authorization: ***"), server-owned status, error, meta put in.
struct ServerState {
    std::string id;
    std::uint64_t version = 1;
    std::chrono::system_clock::time_point last_updated;
    Status status = Status::requested;
    std::string error;  ///< "" none
};
fhir::json::Value outward_subscription(fhir::json::Value resource, ServerState const& state);

/// What of a client's resource is stored: id, status, error and what the server writes of meta taken out, and the heartbeat period as it is kept (B18:
/// at least 5 s; none for 0, and none for classic Subscriptions); the rest as written, unknown elements too.
fhir::json::Value stored_subscription(fhir::json::Value resource);

/// A client's update of what it read masked: each masked header value becomes the stored one of that name, in order. Errors: value for a mask that
/// stands for nothing, at its header. Source: subscriptions D2.
Result<fhir::json::Value> with_stored_headers(fhir::json::Value resource, fhir::json::Value const& stored);

/// The answer to a write: `outward` with the header values as `written` carries them, those in clear and those masked. Source: subscriptions D2.
fhir::json::Value with_headers_as_written(fhir::json::Value outward, fhir::json::Value const& written);

/// Two stored forms ask for the same (criteria, filters, channel, progress). A masked header value equals any.
bool same_request(fhir::json::Value const& a, fhir::json::Value const& b);
/// Two stored forms are the same resource, whatever the order of members: a PUT that changes nothing.
bool same_resource(fhir::json::Value const& a, fhir::json::Value const& b);

}  // namespace tributary::subscriptions
