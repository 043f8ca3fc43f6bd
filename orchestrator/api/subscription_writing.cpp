#include "orchestrator/api/subscription_writing.hpp"

#include "fhir/json/writer.hpp"
#include "fhir/resources/operation_outcome.hpp"
#include "orchestrator/api/response.hpp"
#include "orchestrator/api/subscription_view.hpp"

namespace tributary::api {

using subscriptions::ChannelType;
using subscriptions::Status;

namespace {

char const* told(Write write) {
    switch (write) {
        case Write::create:
            return "Subscription created";
        case Write::update:
            return "Subscription updated";
        case Write::none:
            return "a Subscription that fits was there";
    }
    return "";
}

}  // namespace

net::ServerResponse stale_subscription(std::uint64_t version) {
    return failure_response(Failure(
        Errc::precondition,
        "the Subscription is at version " + std::to_string(version) + " now: read it again"
    ));
}

Status first_status(subscriptions::Reading const& reading) {
    if (reading.status == Status::off) return Status::off;
    return reading.plan.channel.type == ChannelType::websocket ? Status::active : Status::requested;
}

awaitable<Result<fhir::search::PatientQuery>> discovery_query(
    Context const& context, std::string scope, subscriptions::Plan const& plan
) {
    if (plan.search.patient.references.empty()) co_return plan.search.patient;
    auto query = co_await context.storage.discovery_query(std::move(scope), plan.search.patient);
    if (!query) co_return query.error();
    if (*query) co_return std::move(**query);
    std::string const at = plan.kind == subscriptions::Kind::classic
                               ? "Subscription.criteria"
                               : "Subscription.criteria.extension[0].value";
    co_return Failure(
        Errc::value,
        "no Patient here has the id that the criteria name: search Patient first, or name the patient by "
        "demographics"
    )
        .at(at);
}

void want(
    Context const& context,
    Request const& request,
    cache::SubscriptionRecord const& record,
    subscriptions::Plan const& plan,
    fhir::search::PatientQuery query
) {
    pipeline::Interest interest;
    interest.subscription = record.id;
    interest.scope = request.caller.scope;
    interest.origin = record.origin;
    interest.query = std::move(query);
    interest.progress = plan.notify_progress;
    context.discoveries.want(std::move(interest));
}

net::ServerResponse written(
    Context const& context,
    Request const& request,
    Write write,
    cache::SubscriptionRecord const& record,
    fhir::json::Value const* carried
) {
    auto shown = show_subscription(record);
    if (!shown) return failure_response(shown.error());
    if (carried != nullptr) *shown = subscriptions::with_headers_as_written(std::move(*shown), *carried);
    std::string body;
    auto const wish = preferred_return(request.http.headers);
    if (wish == Return::representation) body = fhir::json::write(*shown);
    if (wish == Return::outcome) {
        fhir::Issue issue;
        issue.severity = "information";
        issue.code = "informational";
        issue.diagnostics = told(write);
        body = fhir::json::write(fhir::make_operation_outcome(std::vector{issue}));
    }
    unsigned const status = write == Write::create ? 201 : 200;
    auto response = versioned_response(status, std::move(body), record.version, record.last_updated);
    auto const place =
        context.settings.base + "/Subscription/" + record.id + "/_history/" + std::to_string(record.version);
    if (write != Write::update) response.headers.add("Location", place);
    if (write == Write::none) response.headers.add("Content-Location", place);
    return response;
}

}  // namespace tributary::api
