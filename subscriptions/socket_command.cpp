#include "subscriptions/socket_command.hpp"

#include <utility>

#include "fhir/base/ascii.hpp"
#include "fhir/json/reader.hpp"
#include "fhir/resources/elements.hpp"

namespace tributary::subscriptions {

namespace {

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
    text = ascii::trim(text, ascii::kSpace);
    if (text.starts_with('{')) return read_json_command(text);
    auto const keyword = text.substr(0, text.find_first_of(ascii::kSpace));
    auto argument = ascii::trim(text.substr(keyword.size()), ascii::kSpace);
    if (keyword == "bind-with-token" || keyword == "bind-with-token:")
        return {SocketCommand::Type::bind_with_token, std::string(argument)};
    if (keyword != "bind") return {};
    constexpr std::string_view kType = "Subscription/";
    if (argument.starts_with(kType)) argument.remove_prefix(kType.size());
    if (!fhir::is_id(argument)) return {SocketCommand::Type::malformed, {}};
    return {SocketCommand::Type::bind, std::string(argument)};
}

}  // namespace tributary::subscriptions
