#include <algorithm>
#include <limits>

#include "orchestrator/api/handlers.hpp"
#include "orchestrator/api/operation_input.hpp"
#include "orchestrator/api/response.hpp"
#include "orchestrator/api/subscription_view.hpp"
#include "orchestrator/async/run_by_size.hpp"
#include "orchestrator/base/digest.hpp"
#include "orchestrator/delivery/event_text.hpp"

namespace tributary::api {

namespace {

using subscriptions::Content;

constexpr std::size_t kSlice = 100;
/// An answer that has grown to this holds no further Event.
constexpr std::size_t kMostBytes = std::size_t{8} << 20U;

/// Which Events are asked for; both ends are included.
struct Range {
    std::int64_t since = 1, until = std::numeric_limits<std::int64_t>::max();
};

Result<Range> read_range(OperationInput const& input) {
    auto const since = input.number("eventsSinceNumber");
    if (!since) return since.error();
    auto const until = input.number("eventsUntilNumber");
    if (!until) return until.error();
    Range range;
    range.since = since->value_or(range.since);
    range.until = until->value_or(range.until);
    if (*since && *until && range.since > range.until)
        return Failure(Errc::invalid, "eventsSinceNumber is not above eventsUntilNumber");
    return range;
}

/// A classic Subscription has no content level: what it is sent says which one it may read.
Content level_of(Content content) {
    if (content == Content::none) return Content::empty;
    return content == Content::resource ? Content::full_resource : content;
}

/// What the client asks for, but never more than the Subscription allows. The levels are declared in rising order.
Result<Content> read_level(OperationInput const& input, Content allowed) {
    auto const given = input.values("content");
    if (!given) return given.error();
    if (given->empty()) return allowed;
    auto wanted = Content::empty;
    if (given->front() == "id-only") {
        wanted = Content::id_only;
    } else if (given->front() == "full-resource") {
        wanted = Content::full_resource;
    } else if (given->front() != "empty") {
        return Failure(Errc::invalid, "content is empty, id-only or full-resource");
    }
    return std::min(wanted, allowed);
}

/// Those of the range, from its lower end on, as many as one answer holds. `until` is at most the live counter.
awaitable<Result<std::vector<subscriptions::EventContent>>> read_events(
    Context const& context, subscriptions::StatusHeader const& header, Range range
) {
    std::vector<subscriptions::EventContent> found;
    std::size_t bytes = 0;
    auto after = std::max<std::int64_t>(range.since, 1) - 1;
    bool more = after < range.until;
    while (more) {
        auto const room = std::min(kSlice, context.settings.events_page - found.size());
        auto const slice = co_await context.storage.events(header.subscription_id, after, range.until, room);
        if (!slice) co_return slice.error();
        for (auto const& event : *slice) {
            found.push_back(delivery::event_content(header, event));
            bytes += found.back().resource.size();
            after = event.number;
            if (bytes >= kMostBytes) break;
        }
        more = slice->size() == room && bytes < kMostBytes && found.size() < context.settings.events_page;
    }
    co_return found;
}

/// What of the input depends on the Subscription, and how it stands. Errors: not_found, deleted, invalid.
Result<subscriptions::StatusHeader> read_header(
    Context const& context, OperationInput const& input, cache::FoundSubscription const& found
) {
    if (auto const there = check_found(found.presence); !there) return there.error();
    auto header = status_header(found.record, context.rules);
    auto const level = read_level(input, level_of(header.content));
    if (!level) return level.error();
    header.content = *level;
    return header;
}

awaitable<net::ServerResponse> instance_events(Context const& context, Request request) {
    auto const input = co_await OperationInput::read(context.worker, request.http);
    if (!input) co_return failure_response(input.error());
    auto range = read_range(*input);
    if (!range) co_return failure_response(range.error());
    auto const found =
        co_await context.storage.read_subscription(request.caller.scope, request.captures.front());
    if (!found) co_return failure_response(found.error());
    auto const header = read_header(context, *input, *found);
    if (!header) co_return failure_response(header.error());
    // What has happened since the header was read is left to the next answer: no number above the counter.
    range->until = std::min(range->until, header->events_since_start);
    auto const events = co_await read_events(context, *header, *range);
    if (!events) co_return failure_response(events.error());
    subscriptions::NotificationIds const ids{random_uuid(), random_uuid()};
    std::size_t bytes = 0;
    for (auto const& event : *events) bytes += event.resource.size();
    auto write = [&header, &events, &ids, now = context.clock.utc_now()] {
        return net::ServerResponse(
            200, kFhirJson, subscriptions::query_event_bundle(*header, *events, ids, now)
        );
    };
    auto made = co_await async::run_by_size(context.worker, bytes, std::move(write));
    if (!made) co_return failure_response(Failure(made.error()));
    co_return std::move(*made);
}

}  // namespace

void add_subscription_event_routes(Router& router, Context const& context) {
    for (std::string const method : {"GET", "POST"}) {
        router.add(method, "Subscription/{id}/$events", [&context](Request request) {
            return instance_events(context, std::move(request));
        });
    }
}

}  // namespace tributary::api
