#pragma once
#include <string>
#include <type_traits>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include "orchestrator/async/run_by_size.hpp"

namespace tributary::partner {

/// Runs `read(body)`, which answers a Result: here, or on the worker when the body is large.
/// Deadline: none. Cancellation: as the worker's: the work finishes. Errors: those of `read`.
template <class Read>
auto read_body(async::Worker& worker, std::string body, Read read)
    -> boost::asio::awaitable<std::invoke_result_t<Read const&, std::string const&>> {
    auto const bytes = body.size();
    auto work = [body = std::move(body), read = std::move(read)] { return read(body); };
    co_return co_await async::run_by_size(worker, bytes, std::move(work));
}

}  // namespace tributary::partner
