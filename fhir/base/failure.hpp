#pragma once
#include <chrono>
#include <string>
#include <utility>

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

namespace tributary {

/// Every way in which expected trouble is told. What each means to an app stands in outcome_table.cpp, nowhere else.
enum class Errc {
    // a call we made
    timeout = 1,      ///< the deadline of the call passed
    connect,          ///< no connection
    dns,              ///< the host name has no address
    tls,              ///< handshake or verification failed
    protocol,         ///< what came is not HTTP, WebSocket or the resource that was asked for
    http_status,      ///< a status that is no success; Failure::http_status() has it
    refused_address,  ///< policy forbids the address or the redirect
    // input
    malformed,          ///< not JSON, not a resource, not a URL
    duplicate_key,      ///< a JSON object names a member twice
    too_deep,           ///< JSON nested beyond the limit
    invalid,            ///< a value that does not parse
    required,           ///< an element is missing
    value,              ///< a value that parses and cannot be accepted
    business_rule,      ///< accepted nowhere: a rule of the protocol forbids it
    not_supported,      ///< legal, but not offered here
    unknown_parameter,  ///< a search parameter that is not offered, with handling=strict
    too_long,           ///< an element above its limit
    too_large,          ///< a body above its limit
    too_costly,         ///< a search that would have to look at too much
    head_too_large,     ///< a request head above its limit
    slow,               ///< the request took too long to send
    media_type,         ///< a request body in another format
    not_acceptable,     ///< an answer in another format was asked for
    method,             ///< the interaction is not offered
    // state
    not_found,
    deleted,
    conflict,
    precondition,
    multiple_matches,
    forbidden,
    unauthorized,
    throttled,  ///< a bound was reached: try again later
    storage,    ///< the database failed
    closed,     ///< shutting down
    bug,        ///< an exception that should not have been
};

boost::system::error_category const& category();
boost::system::error_code make_error_code(Errc code);

/// What went wrong, where, and in words that say what to do. A value. `detail` never holds patient data or secrets.
class Failure {
public:
    Failure() = default;
    Failure(boost::system::error_code code, std::string detail = {});
    Failure(Errc code, std::string detail = {}) : Failure(make_error_code(code), std::move(detail)) {}

    boost::system::error_code code() const { return code_; }
    /// Errc::bug for a code of another category.
    Errc errc() const;
    std::string const& detail() const { return detail_; }
    /// FHIRPath of the element, e.g. "Subscription.channel.header[1]"; empty where none applies.
    std::string const& expression() const { return expression_; }
    /// The status a partner or subscriber answered with; 0: none.
    unsigned http_status() const { return http_status_; }
    /// What the other side asked us to wait; 0: nothing.
    std::chrono::seconds retry_after() const { return retry_after_; }

    Failure at(std::string expression) && {
        expression_ = std::move(expression);
        return std::move(*this);
    }
    Failure with_status(unsigned status, std::chrono::seconds retry_after = {}) && {
        http_status_ = status;
        retry_after_ = retry_after;
        return std::move(*this);
    }

private:
    boost::system::error_code code_;
    std::string detail_;
    std::string expression_;
    unsigned http_status_ = 0;
    std::chrono::seconds retry_after_{0};
};

template <class T>
using Result = boost::system::result<T, Failure>;

[[noreturn]] void throw_exception_from_error(Failure const& failure, boost::source_location const& where);

}  // namespace tributary

template <>
struct boost::system::is_error_code_enum<tributary::Errc> : std::true_type {};
