#include "orchestrator/storage/header_secrets.hpp"

#include <filesystem>
#include <utility>

#include "fhir/base/ascii.hpp"
#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::storage {

namespace {

constexpr std::string_view kMark = "enc1:";  ///< of a sealed value; the digit tells forms apart
constexpr std::string_view kHeader = "\"header\"";
constexpr char kCheckText[] = "tributary", kCheckContext[] = "check of the key";

/// "Authorization" and " Bearer x" of "Authorization: Bearer x".
std::pair<std::string, std::string_view> split(std::string_view header) {
    auto const colon = header.find(':');
    if (colon == header.npos) return {std::string(header), {}};
    return {std::string(header.substr(0, colon)), header.substr(colon + 1)};
}

std::string context_of(std::string_view id, std::string_view name) {
    return std::string(id) + '\n' + std::string(name);
}

Failure failed(boost::system::error_code code) { return Failure(Errc::storage, code.message()); }

/// Seals what is stored, then leaves no page of the file that still holds it in clear.
Result<void> seal_stored(cache::Store& store, std::string const& check, cache::Store::Rewrite const& seal) {
    if (auto const code = store.begin()) return failed(code);
    auto const rewritten = store.rewrite_subscriptions(seal);
    if (!rewritten) {
        store.rollback();
        return rewritten.error();
    }
    if (auto const code = store.commit()) return failed(code);
    if (*rewritten > 0) {
        auto const done = store.vacuum();
        if (!done) return done;
    }
    if (auto const code = store.begin()) return failed(code);
    auto const kept = store.set_key_check(check);
    if (!kept) {
        store.rollback();
        return kept;
    }
    if (auto const code = store.commit()) return failed(code);
    return {};
}

Result<std::string> find_key(KeyFile const& file, bool sealed_before) {
    bool const there = std::filesystem::exists(file.path);
    if (!there && !sealed_before && file.make) return make_key_file(file.path);
    if (!there && sealed_before) {
        return Failure(
            Errc::storage,
            file.path +
                ": the key file that the database was written with is missing: put it back; header values of "
                "Subscriptions cannot be read without it"
        );
    }
    return read_key_file(file.path);
}

}  // namespace

Result<HeaderSecrets> HeaderSecrets::unlock(cache::Store& store, KeyFile const& file) {
    if (file.path.empty()) return HeaderSecrets(std::nullopt);
    auto const check = store.key_check();
    if (!check) return check.error();
    auto key = find_key(file, !check->empty());
    if (!key) return key.error();
    HeaderSecrets secrets{SecretBox(std::move(*key))};
    if (!check->empty()) {
        if (secrets.box_->open(*check, kCheckContext)) return secrets;
        return Failure(
            Errc::storage,
            file.path +
                ": not the key that the database was written with: name the right file in [server] "
                "secrets_key_file; nothing was changed"
        );
    }
    auto const seal = [&secrets](std::string_view id, std::string resource) {
        return secrets.seal(id, std::move(resource));
    };
    auto const sealed = seal_stored(store, secrets.box_->seal(kCheckText, kCheckContext), seal);
    if (!sealed) return sealed.error();
    return secrets;
}

std::string HeaderSecrets::seal(std::string_view id, std::string resource) const {
    if (!box_ || resource.find(kHeader) == resource.npos) return resource;
    auto value = fhir::json::read(resource);
    auto* const headers = value ? subscriptions::channel_headers(*value) : nullptr;
    if (headers == nullptr) return resource;
    for (auto& header : *headers) {
        auto const [name, clear] = split(header.text());
        if (opened_value(id, name, clear)) continue;  // a start that was cut off had sealed it
        header = name + ": " + std::string(kMark) + box_->seal(clear, context_of(id, name));
    }
    return fhir::json::write(*value);
}

std::optional<std::string> HeaderSecrets::opened_value(
    std::string_view id, std::string_view name, std::string_view value
) const {
    auto const mark = value.find(kMark);
    if (mark == value.npos) return std::nullopt;
    return box_->open(value.substr(mark + kMark.size()), context_of(id, name));
}

void HeaderSecrets::open(cache::SubscriptionRecord& record) const {
    if (!box_ || record.resource.find(kHeader) == record.resource.npos) return;
    auto value = fhir::json::read(record.resource);
    auto* const headers = value ? subscriptions::channel_headers(*value) : nullptr;
    if (headers == nullptr) return;
    for (auto& header : *headers) {
        auto const [name, hidden] = split(header.text());
        auto const clear = opened_value(record.id, name, hidden);
        if (!clear) {
            record.resource.clear();
            return;
        }
        header = name + ":" + *clear;
    }
    record.resource = fhir::json::write(*value);
}

std::shared_ptr<subscriptions::Plan const> HeaderSecrets::opened_plan(cache::FreshEvents const& fresh) const {
    if (!box_ || fresh.plan->channel.headers.empty()) return fresh.plan;
    auto plan = std::make_shared<subscriptions::Plan>(*fresh.plan);
    for (auto& [name, value] : plan->channel.headers) {
        auto const clear = opened_value(fresh.subscription.id, name, value);
        if (!clear) return nullptr;
        value = ascii::trim(*clear);
    }
    return plan;
}

Result<cache::Admitted> HeaderSecrets::opened(Result<cache::Admitted> admitted) const {
    if (!admitted) return admitted;
    for (auto& fresh : admitted->fresh) fresh.plan = opened_plan(fresh);
    std::erase_if(admitted->fresh, [](cache::FreshEvents const& fresh) { return fresh.plan == nullptr; });
    return admitted;
}

Result<cache::SubscriptionRecord> HeaderSecrets::opened(Result<cache::SubscriptionRecord> record) const {
    if (record) open(*record);
    return record;
}
Result<cache::FoundSubscription> HeaderSecrets::opened(Result<cache::FoundSubscription> found) const {
    if (found) open(found->record);
    return found;
}
Result<cache::SubscriptionPage> HeaderSecrets::opened(Result<cache::SubscriptionPage> page) const {
    if (page) {
        for (auto& record : page->records) open(record);
    }
    return page;
}
Result<cache::Store::LiveSubscriptions> HeaderSecrets::opened(Result<cache::Store::LiveSubscriptions> live
) const {
    if (live) {
        for (auto& record : live->records) open(record);
    }
    return live;
}

}  // namespace tributary::storage
