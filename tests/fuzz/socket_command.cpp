// What a client says on a WebSocket: a bind names what may be an id.

#include "subscriptions/socket_command.hpp"

#include "fhir/resources/elements.hpp"
#include "tests/fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using Type = tributary::subscriptions::SocketCommand::Type;
    auto const command = tributary::subscriptions::read_socket_command(tributary::fuzz::text_of(data, size));
    bool const bind = command.type == Type::bind;
    tributary::fuzz::expect(!bind || tributary::fhir::is_id(command.argument), "a bind names an id");
    return 0;
}
