#include "subscriptions/socket_command.hpp"

#include "fhir/resources/elements.hpp"

namespace tributary::subscriptions {

namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view trim(std::string_view text) {
    auto const first = text.find_first_not_of(kSpace);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

SocketCommand read_socket_command(std::string_view text) {
    text = trim(text);
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
