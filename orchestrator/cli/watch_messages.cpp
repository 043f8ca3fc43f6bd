#include "orchestrator/cli/watch_messages.hpp"

#include <charconv>
#include <map>
#include <utility>

#include "fhir/json/reader.hpp"
#include "orchestrator/cli/terminal.hpp"

namespace tributary::cli {
namespace {

using fhir::json::array;
using fhir::json::object;
using fhir::json::Value;

constexpr std::string_view kBackport = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";
constexpr std::string_view kTopicPath = "/SubscriptionTopic/patient-documents";
constexpr std::string_view kProgressPath = "/StructureDefinition/discovery-progress";
constexpr std::string_view kNotifyProgressPath = "/StructureDefinition/notify-progress";

std::string backport(std::string_view name) { return std::string(kBackport).append(name); }

/// {"url": …, "<type>": …} as an extension list of one.
Value extensions(std::string url, char const* type, std::string_view value) {
    return object({{"extension", array({object({{"url", std::move(url)}, {type, value}})})}});
}

Value const* find_parameter(Value const& parameters, std::string_view name) {
    for (auto const& parameter : parameters.items("parameter")) {
        if (parameter.text("name") == name) return &parameter;
    }
    return nullptr;
}

std::string_view parameter_text(Value const& parameters, std::string_view name, std::string_view type) {
    auto const* parameter = find_parameter(parameters, name);
    return parameter == nullptr ? std::string_view() : parameter->text(type);
}

unsigned unsigned_of(Value const& part) {
    auto const* value = part.find("valueUnsignedInt");
    auto const* number = value == nullptr ? nullptr : value->get<fhir::json::Number>();
    unsigned read = 0;
    if (number != nullptr)
        std::from_chars(number->text.data(), number->text.data() + number->text.size(), read);
    return read;
}

Progress progress_of(Value const& extension) {
    Progress progress;
    std::map<std::string_view, unsigned*> const numbers = {
        {"asked", &progress.asked},
        {"answered", &progress.answered},
        {"matched", &progress.matched},
        {"failed", &progress.failed},
        {"pending", &progress.pending},
    };
    for (auto const& part : extension.items("extension")) {
        if (part.text("url") == "state") progress.state = part.text("valueCode");
        auto const number = numbers.find(part.text("url"));
        if (number != numbers.end()) *number->second = unsigned_of(part);
    }
    return progress;
}

std::string_view last_segment(std::string_view url) { return url.substr(url.rfind('/') + 1); }

std::string_view type_of(Value const& document) {
    auto const* type = document.find("type");
    if (type == nullptr) return {};
    if (!type->text("text").empty()) return type->text("text");
    for (auto const& coding : type->items("coding")) {
        if (!coding.text("display").empty()) return coding.text("display");
    }
    return type->items("coding").empty() ? std::string_view() : type->items("coding").front().text("code");
}

std::string_view title_of(Value const& document) {
    if (!document.text("description").empty()) return document.text("description");
    for (auto const& content : document.items("content")) {
        auto const* attachment = content.find("attachment");
        if (attachment != nullptr && !attachment->text("title").empty()) return attachment->text("title");
    }
    return {};
}

DocumentRow row_of(Value const& document) {
    DocumentRow row;
    row.id = document.text("id");
    auto const* source = document.at("meta", "source");
    row.partner = source == nullptr ? std::string_view("?") : last_segment(source->text());
    auto const* custodian = document.at("custodian", "display");
    if (custodian != nullptr) row.custodian = custodian->text();
    row.type = type_of(document);
    row.date = document.text("date");
    row.title = title_of(document);
    row.status = document.text("status");
    return row;
}

}  // namespace

Result<std::string> find_topic(Value const& capability_statement) {
    auto const search = [](Value const& holder) -> std::string_view {
        for (auto const& extension : holder.items("extension")) {
            if (extension.text("valueCanonical").ends_with(kTopicPath))
                return extension.text("valueCanonical");
        }
        return {};
    };
    for (auto const& rest : capability_statement.items("rest")) {
        if (auto const topic = search(rest); !topic.empty()) return std::string(topic);
        for (auto const& resource : rest.items("resource")) {
            if (auto const topic = search(resource); !topic.empty()) return std::string(topic);
        }
    }
    return Failure(
        Errc::not_supported, "this server offers no topic of patients' documents: is it tributary?"
    );
}

Value make_subscription(std::string_view topic, std::string_view criteria) {
    auto channel = object({{"type", "websocket"}, {"payload", "application/fhir+json"}});
    channel.set("_payload", extensions(backport("backport-payload-content"), "valueCode", "full-resource"));
    auto profile = array({backport("backport-subscription")});
    std::string const progress =
        std::string(topic.substr(0, topic.rfind(kTopicPath))) + std::string(kNotifyProgressPath);
    return object({
        {"resourceType", "Subscription"},
        {"meta", object({{"profile", std::move(profile)}})},
        {"extension", array({object({{"url", progress}, {"valueBoolean", true}})})},
        {"status", "requested"},
        {"reason", "tributary watch"},
        {"criteria", topic},
        {"_criteria", extensions(backport("backport-filter-criteria"), "valueString", criteria)},
        {"channel", std::move(channel)},
    });
}

Result<Binding> read_binding(Value const& parameters) {
    Binding binding;
    binding.token = parameter_text(parameters, "token", "valueString");
    binding.url = parameter_text(parameters, "websocket-url", "valueUrl");
    if (binding.token.empty() || binding.url.empty())
        return Failure(Errc::protocol, "$get-ws-binding-token gave no token or no websocket-url");
    return binding;
}

Result<Notification> read_notification(std::string_view text) {
    auto const bundle = fhir::json::read(text);
    if (!bundle) return bundle.error();
    auto const& entries = bundle->items("entry");
    auto const* status = entries.empty() ? nullptr : entries.front().find("resource");
    if (status == nullptr || status->text("resourceType") != "Parameters")
        return Failure(Errc::protocol, "a message is no notification Bundle");
    Notification notification;
    notification.status = parameter_text(*status, "status", "valueCode");
    for (auto const& entry : entries) {
        auto const* resource = entry.find("resource");
        if (resource == nullptr) continue;
        if (resource->text("resourceType") == "DocumentReference")
            notification.rows.push_back(row_of(*resource));
        for (auto const& extension : resource->items("extension")) {
            if (extension.text("url").ends_with(kProgressPath))
                notification.progress = progress_of(extension);
        }
    }
    return notification;
}

std::string explain_refusal(unsigned status, std::string_view body) {
    std::string words;
    if (auto const outcome = fhir::json::read(body); outcome) {
        for (auto const& issue : outcome->items("issue")) {
            auto const* details = issue.at("details", "text");
            auto const text = !issue.text("diagnostics").empty() || details == nullptr
                                  ? issue.text("diagnostics")
                                  : details->text();
            if (!text.empty()) words += (words.empty() ? "" : "\n") + printable(text);
        }
    }
    return words.empty() ? "the server answered " + std::to_string(status) : words;
}

}  // namespace tributary::cli
