#include "orchestrator/net/response_head.hpp"

#include <boost/beast/http/status.hpp>

#include "fhir/base/ascii.hpp"
#include "orchestrator/net/field.hpp"
#include "orchestrator/net/http_date.hpp"

namespace tributary::net {

namespace {

bool is_ours(std::string_view name) {
    for (auto const* const ours : {"Content-Length", "Transfer-Encoding", "Connection", "Date"}) {
        if (ascii::equal_without_case(name, ours)) return true;
    }
    return false;
}

}  // namespace

bool has_body(unsigned status) { return status >= 200 && status != 204 && status != 304; }

std::string response_head(
    ServerResponse const& response, bool keep_alive, std::chrono::system_clock::time_point now
) {
    std::string head;
    head.reserve(512);
    head += "HTTP/1.1 ";
    head += std::to_string(response.status);
    head += ' ';
    head += boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(response.status));
    head += "\r\n";
    append_field(head, "Date", http_date(now));
    for (auto const& [name, value] : response.headers) {
        if (!is_ours(name) && is_field(name, value)) append_field(head, name, value);
    }
    if (has_body(response.status))
        append_field(head, "Content-Length", std::to_string(response.bytes().size()));
    if (!keep_alive) append_field(head, "Connection", "close");
    head += "\r\n";
    return head;
}

}  // namespace tributary::net
