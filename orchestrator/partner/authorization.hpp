#pragma once
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "fhir/base/failure.hpp"
#include "orchestrator/async/deadline.hpp"
#include "orchestrator/net/http_message.hpp"

namespace tributary::partner {

/// Where the headers that tell a partner who we are come from: its configuration. They go to the partner's own origin only.
/// Owner: its community. Thread: the loop.
class Authorization {
public:
    explicit Authorization(std::vector<std::pair<std::string, std::string>> headers)
        : headers_(std::move(headers)) {}

    /// Deadline, Cancellation: answers at once. Errors: none.
    boost::asio::awaitable<Result<net::Headers>> authorize(async::Deadline) { co_return headers_; }

private:
    net::Headers headers_;
};

}  // namespace tributary::partner
