#include "fhir/base/media_type.hpp"

#include "tests/support/catch.hpp"

namespace tributary::fhir {

TEST_CASE("a media type is told without its parameters, case and blanks", "[media_type]") {
    CHECK(media_type("Text/XML ; charset=UTF-8") == "text/xml");
    CHECK(media_type(" application/pdf\t") == "application/pdf");
    CHECK(media_type("").empty());
    CHECK(media_type("; charset=utf-8").empty());
}

}  // namespace tributary::fhir
