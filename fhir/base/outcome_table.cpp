#include "fhir/base/outcome_table.hpp"

#include <algorithm>
#include <array>

namespace tributary {

namespace {

constexpr std::array kTable{
    OutcomeRow{Errc::timeout, "timeout", "error", "timeout", 504},
    OutcomeRow{Errc::connect, "connect", "error", "transient", 502},
    OutcomeRow{Errc::dns, "dns", "error", "transient", 502},
    OutcomeRow{Errc::tls, "tls", "error", "transient", 502},
    OutcomeRow{Errc::protocol, "protocol", "error", "exception", 502},
    OutcomeRow{Errc::http_status, "http_status", "error", "transient", 502},
    OutcomeRow{Errc::refused_address, "refused_address", "error", "security", 422},
    OutcomeRow{Errc::malformed, "malformed", "error", "structure", 400},
    OutcomeRow{Errc::duplicate_key, "duplicate_key", "error", "structure", 400},
    OutcomeRow{Errc::too_deep, "too_deep", "error", "structure", 400},
    OutcomeRow{Errc::invalid, "invalid", "error", "invalid", 400},
    OutcomeRow{Errc::required, "required", "error", "required", 422},
    OutcomeRow{Errc::value, "value", "error", "value", 422},
    OutcomeRow{Errc::business_rule, "business_rule", "error", "business-rule", 422},
    OutcomeRow{Errc::not_supported, "not_supported", "error", "not-supported", 422},
    OutcomeRow{Errc::unknown_parameter, "unknown_parameter", "error", "not-supported", 400},
    OutcomeRow{Errc::too_long, "too_long", "error", "too-long", 400},
    OutcomeRow{Errc::too_large, "too_large", "error", "too-long", 413},
    OutcomeRow{Errc::too_costly, "too_costly", "error", "too-costly", 400},
    OutcomeRow{Errc::head_too_large, "head_too_large", "error", "too-long", 431},
    OutcomeRow{Errc::slow, "slow", "error", "timeout", 408},
    OutcomeRow{Errc::media_type, "media_type", "error", "not-supported", 415},
    OutcomeRow{Errc::not_acceptable, "not_acceptable", "error", "not-supported", 406},
    OutcomeRow{Errc::method, "method", "error", "not-supported", 405},
    OutcomeRow{Errc::not_found, "not_found", "error", "not-found", 404},
    OutcomeRow{Errc::deleted, "deleted", "error", "deleted", 410},
    OutcomeRow{Errc::conflict, "conflict", "error", "conflict", 409},
    OutcomeRow{Errc::precondition, "precondition", "error", "conflict", 412},
    OutcomeRow{Errc::multiple_matches, "multiple_matches", "error", "multiple-matches", 412},
    OutcomeRow{Errc::forbidden, "forbidden", "error", "forbidden", 403},
    OutcomeRow{Errc::unauthorized, "unauthorized", "error", "login", 401},
    OutcomeRow{Errc::throttled, "throttled", "error", "throttled", 503},
    OutcomeRow{Errc::storage, "storage", "fatal", "no-store", 503},
    OutcomeRow{Errc::closed, "closed", "error", "transient", 503},
    OutcomeRow{Errc::bug, "bug", "fatal", "exception", 500},
};

}  // namespace

OutcomeRow const& outcome_of(Errc errc) {
    auto const row =
        std::find_if(kTable.begin(), kTable.end(), [errc](OutcomeRow const& r) { return r.errc == errc; });
    return row == kTable.end() ? kTable.back() : *row;
}

std::span<OutcomeRow const> outcome_table() { return kTable; }

}  // namespace tributary
