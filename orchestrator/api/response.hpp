#pragma once
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "fhir/base/failure.hpp"
#include "fhir/json/value.hpp"
#include "orchestrator/net/http_server.hpp"

namespace tributary::api {

inline constexpr char kFhirJson[] = "application/fhir+json; charset=utf-8";

net::ServerResponse resource_response(unsigned status, fhir::json::Value const& resource);
/// With ETag and Last-Modified.
net::ServerResponse versioned_response(
    unsigned status,
    std::string resource,
    std::uint64_t version,
    std::chrono::system_clock::time_point last_updated
);
/// An OperationOutcome with the status of its Failure. `failures`: at least one. Several: 400 if all are 400, else 422 where one is, else the first's.
net::ServerResponse failure_response(std::span<Failure const> failures);
net::ServerResponse failure_response(Failure const& failure);

/// The ETag of a version of a resource.
std::string version_tag(std::uint64_t version);

}  // namespace tributary::api
