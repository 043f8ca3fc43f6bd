#include "cache/codes.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tributary::cache {

namespace {

using subscriptions::EventKind;

template <class T>
using Row = std::pair<T, std::string_view>;

constexpr std::array kEventKinds{
    Row<EventKind>{EventKind::create, "create"},
    Row<EventKind>{EventKind::update, "update"},
    Row<EventKind>{EventKind::remove, "delete"}
};
constexpr std::array kExchangeStates{
    Row<ExchangeState>{ExchangeState::pending, "pending"},
    Row<ExchangeState>{ExchangeState::answered, "answered"},
    Row<ExchangeState>{ExchangeState::failed, "failed"}
};

template <class Table, class T>
std::string_view code_in(Table const& table, T value) {
    auto const row =
        std::find_if(table.begin(), table.end(), [value](auto const& r) { return r.first == value; });
    return row == table.end() ? std::string_view() : row->second;
}

template <class Table>
auto value_in(Table const& table, std::string_view code) {
    auto const row =
        std::find_if(table.begin(), table.end(), [code](auto const& r) { return r.second == code; });
    return row == table.end() ? table.front().first : row->first;
}

}  // namespace

std::string_view code(EventKind kind) { return code_in(kEventKinds, kind); }
EventKind event_kind(std::string_view code) { return value_in(kEventKinds, code); }
std::string_view code(ExchangeState state) { return code_in(kExchangeStates, state); }
ExchangeState exchange_state(std::string_view code) { return value_in(kExchangeStates, code); }

std::string_view wire(DiscoveryState state) {
    switch (state) {
        case DiscoveryState::none:
            return "none";
        case DiscoveryState::running:
            return "running";
        case DiscoveryState::late:
            return "late";
        case DiscoveryState::complete:
            return "complete";
    }
    return "none";
}

std::string_view wire(PartnerState state) {
    switch (state) {
        case PartnerState::asked:
            return "asked";
        case PartnerState::matched:
            return "matched";
        case PartnerState::no_match:
            return "no-match";
        case PartnerState::failed:
            return "failed";
        case PartnerState::slow:
            return "slow";
    }
    return "asked";
}

}  // namespace tributary::cache
