#pragma once
#include <boost/asio/awaitable.hpp>

#include "orchestrator/api/context.hpp"
#include "orchestrator/api/router.hpp"

namespace tributary::api {

/// The FHIR listener's requests below [base]. Owner: app. Thread: the loop.
class Api {
public:
    explicit Api(Context context);
    Api(Api const&) = delete;
    Api& operator=(Api const&) = delete;

    /// Always an answer; an exception of a handler is logged and told as a bug. Deadline: none, each handler bounds its own waits.
    /// Cancellation: terminal; what was written stays written.
    awaitable<net::ServerResponse> handle(net::ServerRequest request);
    /// Of a request that was refused before it could be read.
    net::ServerResponse error_page(Failure const& failure) const;

private:
    awaitable<net::ServerResponse> dispatch(net::ServerRequest request);

    Context context_;
    Router router_;
};

}  // namespace tributary::api
