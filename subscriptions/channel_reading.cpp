#include "subscriptions/channel_reading.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "fhir/base/ascii.hpp"
#include "subscriptions/extensions.hpp"
#include "subscriptions/payload_type.hpp"

namespace tributary::subscriptions {

namespace {

using fhir::json::Value;

constexpr std::size_t kLongestEndpoint = 2048;
constexpr unsigned kLargest = 2147483647;  ///< of FHIR's unsignedInt

/// Names that frame the message, or that the server itself writes. Source: subscriptions A4.
bool is_reserved_header(std::string_view name) {
    static constexpr std::array<std::string_view, 17> kReserved{
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "upgrade",
        "te",
        "trailer",
        "expect",
        "content-type",
        "content-encoding",
        "accept",
        "accept-encoding",
        "idempotency-key",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature"
    };
    auto const folded = ascii::lower(name);
    return folded.starts_with("proxy-") ||
           std::find(kReserved.begin(), kReserved.end(), folded) != kReserved.end();
}

class ChannelReader {
public:
    ChannelReader(
        Value const& channel,
        std::optional<Kind> kind,
        Rules const& rules,
        Plan& plan,
        std::vector<Failure>& problems
    )
        : source_(channel), kind_(kind), rules_(rules), plan_(plan), problems_(problems) {}

    void read() {
        read_type();
        read_payload();
        read_content();
        if (type_known_ && plan_.channel.type == ChannelType::rest_hook) read_endpoint();
        read_headers();
        read_numbers();
    }

private:
    void problem(Errc errc, std::string detail, std::string_view element) {
        problems_.push_back(Failure(errc, std::move(detail)).at("Subscription.channel" + std::string(element))
        );
    }

    void read_type() {
        auto const* const type = source_.find("type");
        if (type == nullptr) {
            problem(Errc::required, "say rest-hook or websocket", ".type");
        } else if (type->text() == "rest-hook" || type->text() == "websocket") {
            plan_.channel.type =
                type->text() == "websocket" ? ChannelType::websocket : ChannelType::rest_hook;
            type_known_ = true;
        } else {
            auto const code = type->text();
            bool const legal = code == "email" || code == "sms" || code == "message";
            problem(
                legal ? Errc::not_supported : Errc::value,
                "this channel is not offered: use rest-hook or websocket",
                ".type"
            );
        }
        auto const& marks = extensions(source_.find("_type"));
        for (std::size_t i = 0; i < marks.size(); ++i) {
            if (marks[i].text("url") == kChannelType)
                problem(
                    Errc::not_supported,
                    "custom channels are not offered: use rest-hook or websocket",
                    ".type.extension[" + std::to_string(i) + "].value"
                );
        }
    }

    void read_payload() {
        auto const* const payload = source_.find("payload");
        if (payload == nullptr || payload->text().empty()) {
            if (payload != nullptr && !payload->is_string())
                problem(Errc::value, "a MIME type is a string", ".payload");
            if (kind_ == Kind::topic)
                problem(
                    Errc::required,
                    "a topic Subscription names its MIME type: application/fhir+json",
                    ".payload"
                );
            return;
        }
        plan_.channel.payload = payload->text();
        auto const checked = check_payload_type(plan_.channel.payload);
        if (!checked) problems_.push_back(checked.error().at("Subscription.channel.payload"));
    }

    void read_content() {
        if (kind_ == Kind::classic)
            plan_.content = plan_.channel.payload.empty() ? Content::none : Content::resource;
        auto const& marks = extensions(source_.find("_payload"));
        std::size_t levels = 0;
        for (std::size_t i = 0; i < marks.size(); ++i) {
            if (marks[i].text("url") != kPayloadContent) continue;
            ++levels;
            read_level(marks[i], ".payload.extension[" + std::to_string(i) + "].value", levels);
        }
        if (levels == 0 && kind_ == Kind::topic)
            problem(
                Errc::required,
                "a topic Subscription names its content: empty, id-only or full-resource",
                ".payload.extension"
            );
    }
    void read_level(Value const& extension, std::string const& element, std::size_t nth) {
        auto const code = extension.text("valueCode");
        if (kind_ == Kind::classic) {
            problem(
                Errc::business_rule,
                "payload-content needs a topic in criteria; a search in criteria has none",
                element
            );
        } else if (nth > 1) {
            problem(Errc::value, "payload-content is given once", element);
        } else if (code == "empty") {
            plan_.content = Content::empty;
        } else if (code == "id-only") {
            plan_.content = Content::id_only;
        } else if (code == "full-resource") {
            plan_.content = Content::full_resource;
        } else {
            problem(
                extension.find("valueCode") == nullptr ? Errc::required : Errc::not_supported,
                "say empty, id-only or full-resource",
                element
            );
        }
    }

    void read_endpoint() {
        auto const* const endpoint = source_.find("endpoint");
        if (endpoint == nullptr || endpoint->text().empty()) {
            problem(Errc::required, "a rest-hook needs the URL to call", ".endpoint");
            return;
        }
        auto const text = endpoint->text();
        plan_.channel.endpoint = text;
        auto const scheme = ascii::lower(text.substr(0, text.find(':')));
        bool const controls = std::any_of(text.begin(), text.end(), [](unsigned char c) {
            return c <= ' ' || c == 0x7F || c == '\\';
        });
        if ((scheme != "http" && scheme != "https") || controls || text.size() > kLongestEndpoint) {
            problem(
                Errc::value, "an absolute http or https URL of at most 2048 characters is needed", ".endpoint"
            );
            return;
        }
        if (text.find('#') != text.npos) {
            problem(Errc::value, "an endpoint has no fragment", ".endpoint");
        } else if (plan_.content == Content::resource && text.find('?') != text.npos) {
            problem(
                Errc::value,
                "with a payload the endpoint is a FHIR service base, which has no query",
                ".endpoint"
            );
        }
        check_policy(scheme);
    }
    void check_policy(std::string_view scheme) {
        bool const carries_resource =
            plan_.content == Content::resource || plan_.content == Content::full_resource;
        if (scheme == "http" && carries_resource && !rules_.full_resource_over_http)
            problem(Errc::business_rule, "resources are sent over https only", ".endpoint");
        if (!rules_.check_endpoint) return;
        auto const checked = rules_.check_endpoint(plan_.channel.endpoint);
        if (checked) return;
        auto const failure = checked.error();
        problem(
            failure.errc() == Errc::malformed ? Errc::value : failure.errc(), failure.detail(), ".endpoint"
        );
    }

    void read_headers() {
        auto const* const headers = source_.find("header");
        if (headers == nullptr) return;
        if (!headers->is_array()) {
            problem(Errc::value, "a list of \"Name: value\"", ".header");
            return;
        }
        for (std::size_t i = 0; i < headers->items().size(); ++i) {
            auto const element = ".header[" + std::to_string(i) + "]";
            read_header(headers->items()[i].text(), element);
        }
    }
    void read_header(std::string_view text, std::string const& element) {
        auto const colon = text.find(':');
        auto const name = ascii::trim(text.substr(0, colon));
        if (colon == text.npos || !ascii::is_token(name)) {
            problem(Errc::value, "write \"Name: value\"", element);
            return;
        }
        auto const value = ascii::trim(text.substr(colon + 1));
        bool const controls = std::any_of(value.begin(), value.end(), [](unsigned char c) {
            return (c < ' ' && c != '\t') || c == 0x7F;
        });
        if (controls) {
            problem(Errc::value, "a header value has no control characters", element);
        } else if (is_reserved_header(name)) {
            problem(Errc::business_rule, "this header is the server's to set", element);
        } else if (value == "***") {
            problem(
                Errc::value, "this is the mask of a value that is not known here: write the value", element
            );
        } else {
            plan_.channel.headers.emplace_back(name, value);
        }
    }

    void read_numbers() {
        auto const& marks = extensions(&source_);
        std::size_t heartbeats = 0, timeouts = 0, counts = 0;
        for (std::size_t i = 0; i < marks.size(); ++i) {
            auto const url = marks[i].text("url");
            auto const element = ".extension[" + std::to_string(i) + "].value";
            if (url == kHeartbeatPeriod) {
                if (auto const seconds = number(marks[i], element, 0, ++heartbeats); seconds && *seconds > 0)
                    plan_.channel.heartbeat_period =
                        std::max(kShortestHeartbeat, std::chrono::seconds(*seconds));
            } else if (url == kTimeout) {
                if (auto const seconds = number(marks[i], element, 0, ++timeouts); seconds && *seconds > 0)
                    plan_.channel.timeout = std::chrono::seconds(*seconds);
            } else if (url == kMaxCount) {
                plan_.channel.max_count = number(marks[i], element, 1, ++counts);
            }
        }
    }
    std::optional<unsigned> number(
        Value const& extension, std::string const& element, unsigned least, std::size_t nth
    ) {
        fhir::json::Number const* text = nullptr;
        for (auto const* name : {"valueUnsignedInt", "valuePositiveInt", "valueInteger"}) {
            auto const* const value = extension.find(name);
            if (value != nullptr) text = value->get<fhir::json::Number>();
        }
        unsigned value = 0;
        bool whole = text != nullptr;
        if (whole) {
            auto const* const end = text->text.data() + text->text.size();
            auto const read = std::from_chars(text->text.data(), end, value);
            whole = read.ec == std::errc() && read.ptr == end && value <= kLargest;
        }
        if (whole && value >= least && nth == 1) return value;
        problem(
            Errc::value,
            nth > 1 ? "this extension is given once"
                    : "a whole number from " + std::to_string(least) + " to " + std::to_string(kLargest) +
                          " is needed",
            element
        );
        return std::nullopt;
    }

    Value const& source_;
    std::optional<Kind> kind_;
    Rules const& rules_;
    Plan& plan_;
    std::vector<Failure>& problems_;
    bool type_known_ = false;
};

}  // namespace

void read_channel(
    Value const& resource,
    std::optional<Kind> kind,
    Rules const& rules,
    Plan& plan,
    std::vector<Failure>& problems
) {
    auto const* const channel = resource.find("channel");
    if (channel == nullptr || !channel->is_object()) {
        problems.push_back(Failure(Errc::required, "say how to be notified").at("Subscription.channel"));
        return;
    }
    ChannelReader(*channel, kind, rules, plan, problems).read();
}

}  // namespace tributary::subscriptions
