#pragma once
#include <string>
#include <string_view>

namespace tributary::fhir {

/// What two contents have in common when they are of one type: "text/xml" of "Text/XML; charset=utf-8". Pure. Source: RFC 9110 8.3.1.
std::string media_type(std::string_view content_type);

}  // namespace tributary::fhir
