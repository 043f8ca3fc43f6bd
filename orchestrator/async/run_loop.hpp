#pragma once
#include <boost/asio/awaitable.hpp>

namespace boost::asio {
class io_context;
}

namespace tributary::async {

namespace asio = boost::asio;

/// Runs the loop until it has nothing left to do and answers what `command` returned: the body of a program. Rethrows what it threw.
/// Precondition: nothing else runs `ctx`.
int run_loop(asio::io_context& ctx, asio::awaitable<int> command);

}  // namespace tributary::async
