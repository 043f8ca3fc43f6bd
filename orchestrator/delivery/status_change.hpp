#pragma once
#include <string_view>

#include "cache/records.hpp"

namespace tributary::delivery {

/// What an attempt makes of a Subscription's status; the id and the time are for whoever stores it.
cache::StatusChange to_active(subscriptions::Status from);
/// `http_status`: of the answer, 0 where there was none.
cache::StatusChange to_error(std::string_view error_code, unsigned http_status, subscriptions::Status from);
/// The receiver said so itself.
cache::StatusChange to_off(std::string_view error_code, unsigned http_status);

}  // namespace tributary::delivery
