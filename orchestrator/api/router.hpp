#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "fhir/base/failure.hpp"
#include "orchestrator/api/request.hpp"

namespace tributary::api {

using boost::asio::awaitable;
using Handler = std::function<awaitable<net::ServerResponse>(Request)>;

/// Method and path to a handler. Patterns are segments below [base]: "Subscription/{id}/$status".
class Router {
public:
    void add(std::string method, std::string_view pattern, Handler handler);
    /// The search of a type: GET [type], and POST [type]/_search with a form.
    void add_search(std::string const& type, Handler handler);
    /// What is known but not offered: the handler says why, whatever the method.
    void refuse(std::string_view pattern, Handler handler);

    struct Match {
        Handler const* handler = nullptr;
        std::vector<std::string> captures;  ///< percent-decoded
        /// Where no handler: the methods that the path takes, OPTIONS among them, as the field Allow has them; "" for no such path.
        std::string allow;
    };
    /// HEAD is served by GET. `path`: below [base], without leading slash, not decoded.
    Match match(std::string_view method, std::string_view path) const;

private:
    struct Route {
        std::string method;
        std::vector<std::string> pattern;
        Handler handler;
    };
    std::vector<Route> routes_;
};

}  // namespace tributary::api
