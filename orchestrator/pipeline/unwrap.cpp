#include "orchestrator/pipeline/unwrap.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "fhir/base/ascii.hpp"
#include "fhir/json/reader.hpp"
#include "fhir/xml/pull_reader.hpp"
#include "fhir/xml/resource.hpp"
#include "orchestrator/base/digest.hpp"
#include "orchestrator/partner/fhir_answers.hpp"

namespace tributary::pipeline {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Without byte order mark and white space before it.
std::string_view started(std::string_view bytes) {
    if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
    bytes.remove_prefix(std::min(bytes.find_first_not_of(ascii::kSpace), bytes.size()));
    return bytes;
}

/// Errors: as polled_answer().
Result<std::optional<fhir::json::Value>> json_resource(std::string_view bytes) {
    std::optional<fhir::json::Value> none;
    bytes = started(bytes);
    bool const may_be_one =
        bytes.starts_with('{') && bytes.find("\"resourceType\"") != std::string_view::npos;
    if (!may_be_one) return none;
    auto resource = fhir::json::read(bytes);
    if (!resource) return none;
    auto answer = partner::polled_answer(std::move(*resource));
    if (!answer) return answer.error();
    return std::optional(std::move(*answer));
}

/// A Binary or an OperationOutcome in XML; broken ones, too.
std::optional<fhir::json::Value> xml_resource(std::string_view bytes) {
    if (!fhir::xml::looks_like_xml(bytes)) return std::nullopt;
    fhir::xml::PullReader reader(bytes);
    bool const of_fhir = reader.next_element() && reader.space() == fhir::xml::kFhir;
    if (!of_fhir || (reader.name() != "Binary" && reader.name() != "OperationOutcome")) return std::nullopt;
    auto const type = std::string(reader.name());
    auto resource = fhir::xml::read_resource(reader);
    return resource ? std::move(*resource) : fhir::json::object({{"resourceType", type}});
}

/// Behind the prolog that starts with `open`.
bool skip(std::string_view& bytes, std::string_view open, std::string_view close) {
    if (!bytes.starts_with(open)) return false;
    auto const end = bytes.find(close, open.size());
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + close.size());
    return true;
}

}  // namespace

Result<void> unwrap(partner::RetrievedDocument& document) {
    auto in_json = json_resource(document.bytes);
    if (!in_json) return in_json.error();
    auto resource = std::move(*in_json);
    if (!resource) resource = xml_resource(document.bytes);
    if (!resource) return {};
    auto const type = resource->text("resourceType");
    if (type == "OperationOutcome")
        return Failure(Errc::invalid, "an OperationOutcome instead of the document");
    if (type != "Binary") return {};
    auto data = from_base64(resource->text("data"));
    if (!data || data->empty()) return Failure(Errc::invalid, "a FHIR Binary without usable data");
    document.bytes = std::move(*data);
    document.content_type = resource->text("contentType");
    return {};
}

bool starts_like_web_page(std::string_view bytes) {
    bytes = started(bytes);
    while (skip(bytes, "<!--", "-->") || skip(bytes, "<?", "?>")) bytes = started(bytes);
    auto const head = ascii::lower(bytes.substr(0, 15));
    return head.starts_with("<!doctype html") || head.starts_with("<html");
}

}  // namespace tributary::pipeline
