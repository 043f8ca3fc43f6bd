#pragma once
#include <boost/asio/ssl/context.hpp>

#include "orchestrator/net/tls.hpp"

namespace tributary::net {

/// Only for .cpp files of this folder: the one place where OpenSSL's context shows.
class TlsContext {
public:
    explicit TlsContext(boost::asio::ssl::context::method method) : context_(method) {}
    boost::asio::ssl::context& get() { return context_; }

private:
    boost::asio::ssl::context context_;
};

}  // namespace tributary::net
