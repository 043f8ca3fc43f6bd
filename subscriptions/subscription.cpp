#include "subscriptions/subscription.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "fhir/base/ascii.hpp"
#include "fhir/search/date_range.hpp"
#include "subscriptions/extensions.hpp"

namespace tributary::subscriptions {

namespace {

using fhir::json::Value;

struct StatusName {
    Status status;
    std::string_view wire;
};
constexpr std::array kStatuses{
    StatusName{Status::requested, "requested"},
    StatusName{Status::active, "active"},
    StatusName{Status::error, "error"},
    StatusName{Status::off, "off"}
};

constexpr std::string_view kMask = "***";

/// "Authorization" of "Authorization: Bearer x".
std::string_view header_name(std::string_view header) {
    return ascii::trim(header.substr(0, header.find(':')));
}
bool is_masked(std::string_view header) {
    auto const colon = header.find(':');
    return colon != header.npos && ascii::trim(header.substr(colon + 1)) == kMask;
}

bool asks_for_progress(Value const& resource) {
    auto const& marks = extensions(&resource);
    return std::any_of(marks.begin(), marks.end(), [](Value const& mark) {
        auto const* const value = mark.find("valueBoolean");
        return mark.text("url").ends_with(kNotifyProgress) && value != nullptr &&
               value->get<bool>() != nullptr && *value->get<bool>();
    });
}

}  // namespace

Value::Array* channel_headers(Value& resource) {
    auto* const channel = resource.find("channel");
    auto* const headers = channel == nullptr ? nullptr : channel->find("header");
    return headers == nullptr ? nullptr : headers->get<Value::Array>();
}

namespace {

void mask_headers(Value& resource) {
    auto* const headers = channel_headers(resource);
    if (headers == nullptr) return;
    for (Value& header : *headers)
        header = Value(std::string(header_name(header.text())) + ": " + std::string(kMask));
}

/// Equal whatever the order of members.
bool equal(Value const* a, Value const* b) {
    if (a == nullptr || b == nullptr) return a == b;
    auto const* const object_a = a->get<Value::Object>();
    auto const* const object_b = b->get<Value::Object>();
    if (object_a != nullptr && object_b != nullptr) {
        return object_a->size() == object_b->size() &&
               std::all_of(object_a->begin(), object_a->end(), [b](Value::Member const& m) {
                   return equal(&m.second, b->find(m.first));
               });
    }
    auto const* const array_a = a->get<Value::Array>();
    auto const* const array_b = b->get<Value::Array>();
    if (array_a != nullptr && array_b != nullptr) {
        return std::equal(
            array_a->begin(),
            array_a->end(),
            array_b->begin(),
            array_b->end(),
            [](Value const& x, Value const& y) { return equal(&x, &y); }
        );
    }
    return *a == *b;
}

bool same_headers(Value::Array const& a, Value::Array const& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](Value const& x, Value const& y) {
        if (is_masked(x.text()) || is_masked(y.text()))
            return ascii::lower(header_name(x.text())) == ascii::lower(header_name(y.text()));
        return x == y;
    });
}

constexpr std::array kNumberElements{"valueUnsignedInt", "valuePositiveInt", "valueInteger"};

/// 0: none, or no number.
std::int64_t period_of(Value const& extension) {
    std::int64_t seconds = 0;
    for (auto const* name : kNumberElements) {
        auto const* const value = extension.find(name);
        auto const* const number = value == nullptr ? nullptr : value->get<fhir::json::Number>();
        if (number != nullptr)
            std::from_chars(number->text.data(), number->text.data() + number->text.size(), seconds);
    }
    return seconds;
}
void set_period(Value& extension, std::int64_t seconds) {
    for (auto const* name : kNumberElements) {
        if (extension.find(name) != nullptr) extension.set(name, fhir::json::Number{std::to_string(seconds)});
    }
}

/// Criteria of a topic are a URI; those of a classic Subscription are relative.
bool names_topic(Value const& resource) {
    auto const criteria = resource.text("criteria");
    return criteria.substr(0, criteria.find('?')).find(':') != criteria.npos;
}

void settle_heartbeat(Value& resource) {
    auto* const channel = resource.find("channel");
    auto* const extension = channel == nullptr ? nullptr : channel->find("extension");
    auto* const list = extension == nullptr ? nullptr : extension->get<Value::Array>();
    if (list == nullptr) return;
    bool const offered = names_topic(resource);
    auto const is_heartbeat = [](Value const& e) { return e.text("url") == kHeartbeatPeriod; };
    std::erase_if(*list, [&](Value const& e) { return is_heartbeat(e) && (!offered || period_of(e) <= 0); });
    for (Value& e : *list) {
        if (is_heartbeat(e) && period_of(e) < kShortestHeartbeat.count())
            set_period(e, kShortestHeartbeat.count());
    }
    if (list->empty()) channel->erase("extension");
}

void drop_server_meta(Value& resource) {
    auto* const meta = resource.find("meta");
    if (meta == nullptr) return;
    for (auto const* name : {"versionId", "lastUpdated", "source"}) meta->erase(name);
    auto const* const members = meta->get<Value::Object>();
    if (members == nullptr || members->empty()) resource.erase("meta");
}

Value meta_of(Value const* stored, ServerState const& state) {
    Value meta = fhir::json::object(
        {{"versionId", std::to_string(state.version)},
         {"lastUpdated", fhir::search::format_instant(state.last_updated)}}
    );
    auto const* const members = stored == nullptr ? nullptr : stored->get<Value::Object>();
    if (members != nullptr)
        for (auto const& [name, value] : *members) meta.set(name, value);
    return meta;
}

}  // namespace

std::string_view wire(Status status) {
    auto const row = std::find_if(kStatuses.begin(), kStatuses.end(), [status](StatusName const& s) {
        return s.status == status;
    });
    return row->wire;
}

std::string_view wire(ChannelType type) { return type == ChannelType::websocket ? "websocket" : "rest-hook"; }

std::optional<Status> read_status(std::string_view code) {
    auto const row = std::find_if(kStatuses.begin(), kStatuses.end(), [code](StatusName const& s) {
        return s.wire == code;
    });
    if (row == kStatuses.end()) return std::nullopt;
    return row->status;
}

Value outward_subscription(Value resource, ServerState const& state) {
    mask_headers(resource);
    Value outward = fhir::json::object(
        {{"resourceType", "Subscription"},
         {"id", state.id},
         {"meta", meta_of(resource.find("meta"), state)},
         {"status", wire(state.status)}}
    );
    if (auto* const members = resource.get<Value::Object>()) {
        for (auto& [name, value] : *members) {
            if (outward.find(name) == nullptr) outward.set(name, std::move(value));
        }
    }
    if (!state.error.empty()) outward.set("error", state.error);
    return outward;
}

Value stored_subscription(Value resource) {
    for (auto const* name : {"id", "status", "_status", "error", "_error"}) resource.erase(name);
    drop_server_meta(resource);
    settle_heartbeat(resource);
    return resource;
}

Result<Value> with_stored_headers(Value resource, Value const& stored) {
    auto* const headers = channel_headers(resource);
    if (headers == nullptr) return resource;
    auto const* const channel = stored.find("channel");
    auto known = channel == nullptr ? Value::Array{} : channel->items("header");
    for (std::size_t i = 0; i < headers->size(); ++i) {
        auto const text = (*headers)[i].text();
        auto const name = ascii::lower(header_name(text));
        auto const found = std::find_if(known.begin(), known.end(), [&name](Value const& k) {
            return ascii::lower(header_name(k.text())) == name;
        });
        // Of repeats the nth stands for the nth, so a value that is written out takes its place, too.
        bool const masked = is_masked(text);
        if (found != known.end()) {
            if (masked) (*headers)[i] = *found;
            known.erase(found);
        } else if (masked) {
            return Failure(Errc::value, "this is the mask of a value that is not known here: write the value")
                .at("Subscription.channel.header[" + std::to_string(i) + "]");
        }
    }
    return resource;
}

Value with_headers_as_written(Value outward, Value const& written) {
    auto const* const headers = written.at("channel", "header");
    auto* const channel = outward.find("channel");
    if (channel != nullptr && headers != nullptr) channel->set("header", *headers);
    return outward;
}

bool same_resource(Value const& a, Value const& b) { return equal(&a, &b); }

bool same_request(Value const& a, Value const& b) {
    if (!equal(a.find("criteria"), b.find("criteria")) || !equal(a.find("_criteria"), b.find("_criteria")))
        return false;
    if (asks_for_progress(a) != asks_for_progress(b)) return false;
    Value channel_a = a.find("channel") == nullptr ? Value() : *a.find("channel");
    Value channel_b = b.find("channel") == nullptr ? Value() : *b.find("channel");
    if (!same_headers(channel_a.items("header"), channel_b.items("header"))) return false;
    channel_a.erase("header");
    channel_b.erase("header");
    return equal(&channel_a, &channel_b);
}

}  // namespace tributary::subscriptions
