#include "orchestrator/api/response.hpp"

#include "fhir/base/outcome_table.hpp"
#include "fhir/json/writer.hpp"
#include "fhir/resources/operation_outcome.hpp"
#include "orchestrator/net/http_date.hpp"

namespace tributary::api {

net::ServerResponse resource_response(unsigned status, fhir::json::Value const& resource) {
    return net::ServerResponse(status, kFhirJson, fhir::json::write(resource));
}

net::ServerResponse versioned_response(
    unsigned status,
    std::string resource,
    std::uint64_t version,
    std::chrono::system_clock::time_point last_updated
) {
    net::ServerResponse response(status, kFhirJson, std::move(resource));
    response.headers.add("ETag", version_tag(version));
    response.headers.add("Last-Modified", net::http_date(last_updated));
    return response;
}

net::ServerResponse failure_response(std::span<Failure const> failures) {
    unsigned status = outcome_of(failures.front().errc()).status;
    for (Failure const& failure : failures) {
        if (outcome_of(failure.errc()).status == 422) status = 422;
    }
    auto response = resource_response(status, fhir::make_operation_outcome(failures));
    if (status == 503) response.headers.add("Retry-After", "5");
    return response;
}

net::ServerResponse failure_response(Failure const& failure) {
    return failure_response(std::span<Failure const>(&failure, 1));
}

std::string version_tag(std::uint64_t version) { return "W/\"" + std::to_string(version) + '"'; }

}  // namespace tributary::api
