#pragma once
#include <memory>
#include <optional>
#include <string>

#include "cache/store.hpp"
#include "orchestrator/base/secret_box.hpp"

namespace tributary::storage {

/// Where the key is that hides header values at rest.
struct KeyFile {
    std::string path;   ///< "": header values are stored as they are (tests)
    bool make = false;  ///< make it where neither it nor anything sealed with it is there
};

/// Hides the values of channel.header in what is stored of Subscriptions, and shows them in what is read. Never changes: any thread may use it.
/// Source: subscriptions D2.
class HeaderSecrets {
public:
    /// Reads or makes the key, and seals what an earlier version stored in clear, leaving no trace of it in the file. Blocks.
    /// Errors: storage, with what to do: no key, a key that others may read, another key than the database was written with. Nothing is changed then.
    static Result<HeaderSecrets> unlock(cache::Store& store, KeyFile const& file);

    /// The resource as it is stored.
    std::string seal(std::string_view id, std::string resource) const;
    /// The record as it was written. What does not open is no longer readable as a resource: it is never shown or sent.
    void open(cache::SubscriptionRecord& record) const;

    /// Their plans as they were written. What does not open is left out: it has to be read.
    Result<cache::Admitted> opened(Result<cache::Admitted> admitted) const;
    Result<cache::SubscriptionRecord> opened(Result<cache::SubscriptionRecord> record) const;
    Result<cache::FoundSubscription> opened(Result<cache::FoundSubscription> found) const;
    Result<cache::SubscriptionPage> opened(Result<cache::SubscriptionPage> page) const;
    Result<cache::Store::LiveSubscriptions> opened(Result<cache::Store::LiveSubscriptions> live) const;

private:
    explicit HeaderSecrets(std::optional<SecretBox> box) : box_(std::move(box)) {}
    /// With header values as they were written; nullptr: one does not open.
    std::shared_ptr<subscriptions::Plan const> opened_plan(cache::FreshEvents const& fresh) const;
    /// Of a header's value as it is stored; empty: it is not sealed.
    std::optional<std::string> opened_value(
        std::string_view id, std::string_view name, std::string_view value
    ) const;

    std::optional<SecretBox> box_;
};

}  // namespace tributary::storage
