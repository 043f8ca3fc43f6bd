#include "subscriptions/subscription_search.hpp"

#include <algorithm>
#include <array>

#include "fhir/base/ascii.hpp"
#include "fhir/search/comparison.hpp"
#include "subscriptions/extensions.hpp"
#include "subscriptions/topics.hpp"

namespace tributary::subscriptions {

namespace {

using fhir::json::Value;
using fhir::search::Definition;
using fhir::search::Parameter;

constexpr std::string_view kIdentifier =
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-Subscription.identifier";
constexpr std::string_view kStatusSystem = "http://hl7.org/fhir/subscription-status";
constexpr std::string_view kTypeSystem = "http://hl7.org/fhir/subscription-channel-type";
constexpr std::string_view kContentSystem =
    "http://hl7.org/fhir/uv/subscriptions-backport/CodeSystem/backport-content-code-system";
constexpr std::string_view kMimeSystem = "urn:ietf:bcp:13";

/// How the values of a query are spelt like those of the Subscriptions.
enum class Form { as_written, text, mime, status, date, topic };

struct Offered {
    Definition definition;
    Form form;
};

constexpr std::array kOffered{
    Offered{{"_id", "token", "http://hl7.org/fhir/SearchParameter/Resource-id"}, Form::as_written},
    Offered{{"_lastUpdated", "date", "http://hl7.org/fhir/SearchParameter/Resource-lastUpdated"}, Form::date},
    Offered{{"url", "uri", "http://hl7.org/fhir/SearchParameter/Subscription-url"}, Form::as_written},
    Offered{{"status", "token", "http://hl7.org/fhir/SearchParameter/Subscription-status"}, Form::status},
    Offered{{"criteria", "string", "http://hl7.org/fhir/SearchParameter/Subscription-criteria"}, Form::text},
    Offered{{"type", "token", "http://hl7.org/fhir/SearchParameter/Subscription-type"}, Form::as_written},
    Offered{
        {"contact", "token", "http://hl7.org/fhir/SearchParameter/Subscription-contact"}, Form::as_written
    },
    Offered{{"payload", "token", "http://hl7.org/fhir/SearchParameter/Subscription-payload"}, Form::mime},
    Offered{
        {"topic", "uri", "http://hl7.org/fhir/uv/subscriptions-backport/SearchParameter/Subscription-topic"},
        Form::topic
    },
    Offered{
        {"filter-criteria",
         "string",
         "http://hl7.org/fhir/uv/subscriptions-backport/SearchParameter/Subscription-filter-criteria"},
        Form::text
    },
    Offered{
        {"payload-type",
         "token",
         "http://hl7.org/fhir/uv/subscriptions-backport/SearchParameter/Subscription-payload-type"},
        Form::as_written
    },
    Offered{
        {"custom-channel",
         "token",
         "http://hl7.org/fhir/uv/subscriptions-backport/SearchParameter/Subscription-custom-channel"},
        Form::as_written
    },
    Offered{
        {"identifier",
         "token",
         "http://hl7.org/fhir/uv/subscriptions-backport/SearchParameter/Subscription-identifier"},
        Form::as_written
    }
};

/// "application/fhir+json;fhirversion=4.0": no case, no spaces; a space elsewhere was an unescaped plus.
std::string spell_mime(std::string_view text) {
    std::string out;
    for (auto const part :
         {text.substr(0, text.find(';')), text.substr(std::min(text.find(';'), text.size()))}) {
        for (char const c : ascii::trim(part)) {
            if (c != ' ')
                out += c;
            else if (part.data() == text.data())
                out += '+';
        }
    }
    return ascii::lower(out);
}

std::string_view without_system(std::string_view token) { return token.substr(token.find('|') + 1); }

Failure unusable(Parameter const& parameter, std::string_view why) {
    return Failure(Errc::invalid, parameter.name + ": " + std::string(why));
}

/// Errors: invalid.
Result<std::string> spell(
    Form form, Parameter const& parameter, std::string const& value, Rules const& rules
) {
    switch (form) {
        case Form::as_written:
            return value;
        case Form::text: {
            auto folded = parameter.modifier.empty() ? fhir::search::fold(value) : value;
            if (folded.empty()) return unusable(parameter, "a text with a letter or digit is needed");
            return folded;
        }
        case Form::mime: {
            auto const code = without_system(value);
            return value.substr(0, value.size() - code.size()) + spell_mime(code);
        }
        case Form::status: {
            auto const code = without_system(value);
            bool const ours =
                code.size() == value.size() || value.starts_with(std::string(kStatusSystem) + '|');
            if (code.empty()) return unusable(parameter, "it may be requested, active, error or off");
            return ours ? std::string(code) : value;
        }
        case Form::date:
            if (!fhir::search::is_date_query(value))
                return unusable(parameter, "a date is 2026-01-31 or ge2026-01");
            return value;
        case Form::topic: {
            auto const offered = topics(rules.canonical_base);
            auto const* const topic = find_topic(offered, value);
            return topic == nullptr ? value : topic->canonical;
        }
    }
    return value;
}

Result<SearchClause> read_clause(Offered const& offered, Parameter const& parameter, Rules const& rules) {
    bool const exact = offered.form == Form::text && parameter.modifier == "exact";
    if (!parameter.modifier.empty() && !exact) {
        return unusable(parameter, "the modifier :" + parameter.modifier + " is not offered for it");
    }
    SearchClause clause;
    clause.parameter = exact ? parameter.name + ":exact" : parameter.name;
    clause.prefix = offered.form == Form::text && !exact;
    for (auto const& value : parameter.values) {
        // The spellings of a Subscription's tokens have their bars as they are.
        auto spelt = spell(offered.form, parameter, fhir::search::plain_text(value), rules);
        if (!spelt) return spelt.error();
        clause.values.push_back(std::move(*spelt));
    }
    return clause;
}

/// Every spelling by which a query may name a token: code, system|code or |code, system|.
void add_token(
    std::vector<SearchKey>& keys, std::string_view parameter, std::string_view system, std::string_view code
) {
    if (code.empty()) return;
    auto const qualified = std::string(system) + '|';
    keys.push_back({parameter, std::string(code)});
    keys.push_back({parameter, qualified + std::string(code)});
    if (!system.empty()) keys.push_back({parameter, qualified});
}

void add_text(
    std::vector<SearchKey>& keys, std::string_view parameter, std::string_view exact, std::string_view text
) {
    keys.push_back({parameter, fhir::search::fold(text)});
    keys.push_back({exact, std::string(text)});
}

void add_channel(std::vector<SearchKey>& keys, Value const& resource, Plan const& plan) {
    add_token(keys, "type", kTypeSystem, wire(plan.channel.type));
    if (!plan.channel.endpoint.empty()) keys.push_back({"url", plan.channel.endpoint});
    auto const mime = spell_mime(plan.channel.payload);
    add_token(keys, "payload", kMimeSystem, mime);
    if (mime.find(';') != mime.npos) add_token(keys, "payload", kMimeSystem, mime.substr(0, mime.find(';')));
    auto const* const channel = resource.find("channel");
    if (channel == nullptr) return;
    for (auto const& mark : extensions(channel->find("_payload"))) {
        if (mark.text("url") == kPayloadContent)
            add_token(keys, "payload-type", kContentSystem, mark.text("valueCode"));
    }
}

}  // namespace

std::vector<Definition> const& search_parameters() {
    static std::vector<Definition> const kDefinitions = [] {
        std::vector<Definition> definitions;
        for (auto const& offered : kOffered) definitions.push_back(offered.definition);
        return definitions;
    }();
    return kDefinitions;
}

Result<std::vector<SearchClause>> take_search_clauses(
    std::vector<Parameter>& parameters, Rules const& rules
) {
    std::vector<SearchClause> clauses;
    std::vector<Parameter> unknown;
    for (auto& parameter : parameters) {
        auto const offered = std::find_if(kOffered.begin(), kOffered.end(), [&](Offered const& o) {
            return o.definition.name == parameter.name;
        });
        if (offered == kOffered.end()) {
            unknown.push_back(std::move(parameter));
            continue;
        }
        auto clause = read_clause(*offered, parameter, rules);
        if (!clause) return clause.error();
        clauses.push_back(std::move(*clause));
    }
    parameters = std::move(unknown);
    return clauses;
}

std::vector<SearchKey> search_keys(Value const& resource, Plan const& plan) {
    std::vector<SearchKey> keys;
    add_channel(keys, resource, plan);
    add_text(keys, "criteria", "criteria:exact", resource.text("criteria"));
    if (!plan.topic.empty()) keys.push_back({"topic", plan.topic});
    for (auto const& mark : extensions(resource.find("_criteria"))) {
        if (mark.text("url") == kFilterCriteria)
            add_text(keys, "filter-criteria", "filter-criteria:exact", mark.text("valueString"));
    }
    for (auto const& contact : resource.items("contact"))
        add_token(keys, "contact", contact.text("system"), contact.text("value"));
    for (auto const& mark : extensions(&resource)) {
        auto const* const identifier = mark.find("valueIdentifier");
        if (mark.text("url") == kIdentifier && identifier != nullptr)
            add_token(keys, "identifier", identifier->text("system"), identifier->text("value"));
    }
    return keys;
}

}  // namespace tributary::subscriptions
