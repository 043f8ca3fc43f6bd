#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/net/http_message.hpp"
#include "orchestrator/net/http_server.hpp"

namespace tributary::api {

/// May a page of this origin call us? Empty list: none but our own. ["*"]: any, without credentials.
bool origin_allowed(std::vector<std::string> const& allowed, std::string_view origin, std::string_view host);

/// The answer to a preflight, or 403.
net::ServerResponse preflight(std::vector<std::string> const& allowed, net::Headers const& request);
/// Puts the CORS fields into an answer to a request that carried Origin, unless it has them: browsers refuse an origin that is named twice.
void add_cors(std::vector<std::string> const& allowed, net::Headers const& request, net::Headers& response);

}  // namespace tributary::api
