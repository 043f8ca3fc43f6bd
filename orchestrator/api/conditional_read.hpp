#pragma once
#include "orchestrator/net/http_server.hpp"

namespace tributary::api {

/// Turns a 200 into a 304 where the reader has what it says already, by If-None-Match or, without that, by If-Modified-Since.
/// Pure. Source: RFC 9110 13; document-sharing F.9.
void leave_out_unchanged(net::Headers const& asked, net::ServerResponse& response);

}  // namespace tributary::api
