#pragma once
#include <string>

#include "orchestrator/config/table_reader.hpp"
#include "orchestrator/net/tls.hpp"

namespace tributary::config {

// The keys that name certificates. Their files are tried at once: what is wrong with them is told with the rest, before anything is begun. Blocks.

/// tls_certificate, tls_key and tls_client_ca of a server. False: whether it is to have TLS cannot be known.
bool read_server_tls(TableReader& reader, net::TlsServerSettings& tls);
/// tls_ca of a client. `contexts`: those tried before, so that a file that many name is read once.
void read_authorities(TableReader& reader, std::string& ca_file, net::TlsContexts& contexts);
/// tls_ca, tls_client_certificate and tls_client_key. What was there before is not tried again.
void read_client_tls(TableReader& reader, net::TlsClientSettings& tls, net::TlsContexts& contexts);

}  // namespace tributary::config
