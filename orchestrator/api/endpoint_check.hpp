#pragma once
#include <boost/asio/awaitable.hpp>

#include "orchestrator/api/context.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::api {

/// Whether the host of a rest-hook endpoint may be called, by all of its addresses. What cannot be resolved soon passes: the handshake will tell, and
/// every connection is checked again. Deadline: 2 s of its own. Cancellation: terminal. Errors: refused_address, at the element.
/// Source: subscriptions D1.3.
boost::asio::awaitable<Result<void>> check_endpoint(Context const& context, subscriptions::Plan const& plan);

}  // namespace tributary::api
