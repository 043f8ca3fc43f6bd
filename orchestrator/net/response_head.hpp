#pragma once
#include <chrono>
#include <string>

#include "orchestrator/net/http_server.hpp"

namespace tributary::net {

/// False: a response of that status never has a body (RFC 9110 6.4.1).
bool has_body(unsigned status);
/// Status line and fields, with those that are the server's to set; a field that would break the head is left out.
std::string response_head(
    ServerResponse const& response, bool keep_alive, std::chrono::system_clock::time_point now
);

}  // namespace tributary::net
