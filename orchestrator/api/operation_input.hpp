#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/failure.hpp"
#include "fhir/json/value.hpp"
#include "fhir/search/parameter.hpp"
#include "orchestrator/async/worker.hpp"
#include "orchestrator/net/http_server.hpp"

namespace tributary::api {

using boost::asio::awaitable;

/// What a client says to an operation whose answer is FHIR JSON: in the query, in a Parameters body, or both.
class OperationInput {
public:
    /// Errors: those of read_resource; malformed for the query; not_acceptable; invalid where `parameter` is no list.
    static Result<OperationInput> read(net::ServerRequest const& http);
    /// The same, on the worker where the body is large. `http` outlives the call. Deadline: none. Cancellation: terminal, nothing remains.
    /// Errors also: throttled.
    static awaitable<Result<OperationInput>> read(async::Worker& worker, net::ServerRequest const& http);
    /// All values of a parameter, repeated or with commas; numbers as they are written. Errors: invalid, where the body names the parameter
    /// without a value that can be read: taken for left out, it would ask for more than the client wants.
    Result<std::vector<std::string>> values(std::string_view name) const;
    /// One number in digits, the greatest for any above it; empty: not given. Errors: invalid.
    Result<std::optional<std::int64_t>> number(std::string_view name) const;

private:
    std::vector<fhir::search::Parameter> query_;
    fhir::json::Value body_;
};

}  // namespace tributary::api
