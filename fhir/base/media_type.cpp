#include "fhir/base/media_type.hpp"

#include "fhir/base/ascii.hpp"

namespace tributary::fhir {

std::string media_type(std::string_view content_type) {
    return ascii::lower(ascii::trim(content_type.substr(0, content_type.find(';')), ascii::kSpace));
}

}  // namespace tributary::fhir
