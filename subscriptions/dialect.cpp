#include "subscriptions/dialect.hpp"

#include <array>
#include <utility>

#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"

namespace tributary::subscriptions {

namespace {

using fhir::json::Value;

/// A parameter, the member of SubscriptionStatus that says the same, and the member of the parameter that holds it.
struct Renamed {
    std::string_view parameter, member, value;
};
constexpr std::array kStatusMembers{
    Renamed{"status", "status", "valueCode"},
    Renamed{"type", "type", "valueCode"},
    Renamed{"events-since-subscription-start", "eventsSinceSubscriptionStart", "valueString"},
    Renamed{"topic", "topic", "valueCanonical"}
};
constexpr std::array kEventMembers{
    Renamed{"event-number", "eventNumber", "valueString"},
    Renamed{"timestamp", "timestamp", "valueInstant"},
    Renamed{"focus", "focus", "valueReference"}
};

Value const* named(Value::Array const& parameters, std::string_view name) {
    for (auto const& parameter : parameters) {
        if (parameter.text("name") == name) return &parameter;
    }
    return nullptr;
}

template <std::size_t N>
void take(Value::Array const& parameters, std::array<Renamed, N> const& members, Value& into) {
    for (auto const& row : members) {
        auto const* const parameter = named(parameters, row.parameter);
        auto const* const value = parameter == nullptr ? nullptr : parameter->find(row.value);
        if (value != nullptr) into.set(row.member, *value);
    }
}

/// The values of every parameter of that name; null where there is none.
Value all(Value::Array const& parameters, std::string_view name, std::string_view value) {
    Value list;
    for (auto const& parameter : parameters) {
        if (parameter.text("name") == name && parameter.find(value) != nullptr)
            list.push(*parameter.find(value));
    }
    return list;
}

Value event_of(Value::Array const& parts) {
    Value event;
    take(parts, kEventMembers, event);
    auto context = all(parts, "additional-context", "valueReference");
    if (!context.is_null()) event.set("additionalContext", std::move(context));
    return event;
}

/// Subscription/s1 of https://x.example/fhir/Subscription/s1.
std::string relative(std::string_view reference) {
    constexpr std::string_view kType = "Subscription/";
    auto const at = reference.rfind(kType);
    return std::string(at == reference.npos ? reference : reference.substr(at));
}

Value status_of(Value const& parameters) {
    auto const& list = parameters.items("parameter");
    auto status =
        fhir::json::object({{"resourceType", "SubscriptionStatus"}, {"id", Value(parameters.text("id"))}});
    take(list, kStatusMembers, status);
    Value events;
    for (auto const& parameter : list) {
        if (parameter.text("name") == "notification-event") events.push(event_of(parameter.items("part")));
    }
    if (!events.is_null()) status.set("notificationEvent", std::move(events));
    auto const* const subscription = named(list, "subscription");
    auto const* const reference = subscription == nullptr ? nullptr : subscription->find("valueReference");
    if (reference != nullptr) {
        status.set(
            "subscription", fhir::json::object({{"reference", relative(reference->text("reference"))}})
        );
    }
    auto errors = all(list, "error", "valueCodeableConcept");
    if (!errors.is_null()) status.set("error", std::move(errors));
    return status;
}

}  // namespace

std::string dialect_form(std::string_view bundle) {
    auto value = fhir::json::read(bundle);
    auto* const entries =
        value && value->find("entry") != nullptr ? value->find("entry")->get<Value::Array>() : nullptr;
    auto* const first = entries == nullptr || entries->empty() ? nullptr : entries->front().find("resource");
    if (first == nullptr || first->text("resourceType") != "Parameters") return {};
    *first = status_of(*first);
    value->erase("meta");  // the profile of R4
    return fhir::json::write(*value);
}

}  // namespace tributary::subscriptions
