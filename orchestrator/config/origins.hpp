#pragma once
#include <string>

namespace tributary::config {

// Each gives what a text of the configuration is compared as, "" where nothing could ever be equal to it. Pure; thread: any.

/// An origin of pages, as browsers write it, or "*". Schemes other than those of the web are of apps in a browser's shell.
std::string read_page_origin(std::string const& text);
/// An origin of servers.
std::string read_origin(std::string const& origin);
/// A host alone, as a URL names it once it is read.
std::string read_host(std::string const& host);

}  // namespace tributary::config
