#include "subscriptions/socket_command.hpp"

#include <utility>

#include "fhir/json/reader.hpp"
#include "fhir/resources/elements.hpp"

namespace tributary::subscriptions {

namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view trim(std::string_view text) {
    auto const first = text.find_first_not_of(kSpace);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// {"type": …, "payload": {"token": …}}; what is no such frame is ignored.
SocketCommand read_json_command(std::string_view text) {
    using Type = SocketCommand::Type;
    auto const frame = fhir::json::read(text);
    if (!frame) return {};
    auto const type = frame->text("type");
    if (type == "ping") return {Type::json_ping};
    auto const* const token = frame->at("payload", "token");
    std::string argument(token == nullptr ? std::string_view() : token->text());
    if (type == "bind-with-token") return {Type::json_bind, std::move(argument)};
    if (type == "unbind-from-token") return {Type::json_unbind, std::move(argument)};
    return {};
}

}  // namespace

SocketCommand read_socket_command(std::string_view text) {
    text = trim(text);
    if (text.starts_with('{')) return read_json_command(text);
    auto const keyword = text.substr(0, text.find_first_of(kSpace));
    auto argument = trim(text.substr(keyword.size()));
    if (keyword == "bind-with-token" || keyword == "bind-with-token:")
        return {SocketCommand::Type::bind_with_token, std::string(argument)};
    if (keyword != "bind") return {};
    constexpr std::string_view kType = "Subscription/";
    if (argument.starts_with(kType)) argument.remove_prefix(kType.size());
    if (!fhir::is_id(argument)) return {SocketCommand::Type::malformed, {}};
    return {SocketCommand::Type::bind, std::string(argument)};
}

}  // namespace tributary::subscriptions
