#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/net/http_message.hpp"
#include "orchestrator/net/http_server.hpp"

namespace tributary::api {

/// The origins whose pages are our own, of a server that is found at this URL: its scheme, host and port; the names of loopback are one.
/// None where the host is that of every address: whichever name leads here may be somebody else's.
std::vector<std::string> own_origins(std::string_view base);

/// May a page of this origin open a WebSocket? Neither our own nor listed: no. ["*"]: any. What the request names as its host does not
/// matter: a stranger's name may lead to our address (DNS rebinding).
bool origin_allowed(
    std::vector<std::string> const& allowed, std::vector<std::string> const& own, std::string_view origin
);

/// The answer to a preflight, or 403. Every method is allowed that a client of FHIR sends: that PATCH is not offered is said by its own answer, which the
/// page could not read otherwise.
net::ServerResponse preflight(std::vector<std::string> const& allowed, net::Headers const& request);
/// Puts the CORS fields into an answer to a request of this Origin ("": of none), unless it has them: browsers refuse an origin that is named
/// twice. Where any origin is listed, every answer says that it varies by it: a cache must not hand one page's answer to another.
void add_cors(std::vector<std::string> const& allowed, std::string_view origin, net::Headers& response);

}  // namespace tributary::api
