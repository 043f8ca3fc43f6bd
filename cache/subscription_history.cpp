#include "cache/subscription_history.hpp"

#include "cache/statements.hpp"
#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"

namespace tributary::cache {

namespace {

constexpr char kKeep[] =
    "INSERT INTO subscription_version(subscription, version, last_updated, resource) VALUES(?, ?, ?, ?)";
constexpr char kForgetOlder[] = "DELETE FROM subscription_version WHERE subscription = ? AND version < ?";
constexpr char kForget[] = "DELETE FROM subscription_version WHERE subscription = ?";
constexpr char kCount[] =
    "SELECT count(*) FROM subscription_version WHERE subscription = ? AND last_updated >= ?";
constexpr char kList[] =
    "SELECT version, last_updated, resource FROM subscription_version WHERE subscription = ? AND "
    "last_updated "
    ">= ? ORDER BY version DESC LIMIT ? OFFSET ?";
constexpr char kFind[] =
    "SELECT version, last_updated, resource FROM subscription_version WHERE subscription = ? AND version = ?";

constexpr char const* kStatements[] = {kKeep, kForgetOlder, kForget, kCount, kList, kFind};

/// "" for one that was deleted, or cannot be read.
std::string shown(SubscriptionRecord const& record) {
    auto resource = fhir::json::read(record.resource);
    if (!resource) return {};
    return fhir::json::write(subscriptions::outward_subscription(std::move(*resource), server_state(record)));
}

SubscriptionVersion version_of(SubscriptionRecord const& record) {
    return {record.version, record.last_updated, shown(record)};
}
SubscriptionVersion version_in(Statement const& row) {
    return {static_cast<std::uint64_t>(row.integer(0)), row.time(1), row.text(2)};
}

}  // namespace

std::span<char const* const> subscription_history_statements() { return kStatements; }

subscriptions::ServerState server_state(SubscriptionRecord const& record) {
    subscriptions::ServerState state;
    state.id = record.id;
    state.version = record.version;
    state.last_updated = record.last_updated;
    state.status = record.status;
    state.error = record.error_text;
    return state;
}

void SubscriptionHistory::keep(
    std::int64_t subscription, SubscriptionRecord const& record, std::size_t most
) {
    auto const next = record.version + 1;
    auto const text = shown(record);
    if (most > 1 && !text.empty())
        database_.run(kKeep, subscription, record.version, record.last_updated, text);
    if (next >= most) database_.run(kForgetOlder, subscription, next - most + 1);
}

void SubscriptionHistory::forget(std::int64_t subscription) { database_.run(kForget, subscription); }

SubscriptionVersions SubscriptionHistory::list(
    std::int64_t subscription, SubscriptionRecord const& present, SubscriptionHistoryRequest const& request
) {
    SubscriptionVersions history;
    if (auto row = database_.query(kCount, subscription, request.since); row.next())
        history.total = static_cast<std::size_t>(row.integer(0));
    auto offset = request.offset;
    if (present.last_updated >= request.since) {
        ++history.total;
        if (offset == 0 && request.count > 0) history.versions.push_back(version_of(present));
        offset -= std::min<std::size_t>(offset, 1);
    }
    auto row =
        database_.query(kList, subscription, request.since, request.count - history.versions.size(), offset);
    while (row.next()) history.versions.push_back(version_in(row));
    return history;
}

std::optional<SubscriptionVersion> SubscriptionHistory::find(
    std::int64_t subscription, SubscriptionRecord const& present, std::uint64_t version
) {
    if (version == present.version) return version_of(present);
    auto row = database_.query(kFind, subscription, version);
    if (!row.next()) return std::nullopt;
    return version_in(row);
}

}  // namespace tributary::cache
