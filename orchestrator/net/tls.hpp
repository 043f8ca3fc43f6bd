#pragma once
#include <memory>
#include <string>

#include "fhir/base/failure.hpp"

namespace tributary::net {

/// What we trust and who we are, as a client. Equal settings share one context.
struct TlsClientSettings {
    std::string ca_file;           ///< PEM; trusted besides the system's; empty: the system's only
    std::string certificate_file;  ///< PEM chain of our client certificate; empty: none
    std::string key_file;
    auto operator<=>(TlsClientSettings const&) const = default;
};
struct TlsServerSettings {
    std::string certificate_file;  ///< PEM chain; empty: no TLS
    std::string key_file;
    std::string client_ca_file;  ///< not empty: client certificates are required and must chain to it
};

class TlsContext;  // defined in net/*.cpp only
using TlsContextPtr = std::shared_ptr<TlsContext>;

/// Makes and shares client contexts: one for each distinct setting, made when first asked for. TLS 1.2 or newer, peer and host name verified.
class TlsContexts {
public:
    TlsContexts();
    ~TlsContexts();
    /// Errors: tls, with the file and OpenSSL's reason.
    Result<TlsContextPtr> client(TlsClientSettings const& settings);
    static Result<TlsContextPtr> server(TlsServerSettings const& settings);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tributary::net
