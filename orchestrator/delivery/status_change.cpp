#include "orchestrator/delivery/status_change.hpp"

#include "subscriptions/delivery_decision.hpp"

namespace tributary::delivery {

using subscriptions::Status;

cache::StatusChange to_active(Status from) {
    cache::StatusChange change;
    change.status = Status::active;
    change.from = {from};
    return change;
}

cache::StatusChange to_error(std::string_view error_code, unsigned http_status, Status from) {
    cache::StatusChange change;
    change.status = Status::error;
    change.error_code = error_code;
    change.error_text = subscriptions::error_text(error_code, http_status);
    change.from = {from};
    return change;
}

cache::StatusChange to_off(std::string_view error_code, unsigned http_status) {
    auto change = to_error(error_code, http_status, Status::requested);
    change.status = Status::off;
    change.from = {Status::requested, Status::active, Status::error};
    change.told = true;
    return change;
}

}  // namespace tributary::delivery
