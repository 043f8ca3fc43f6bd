#include "orchestrator/pipeline/document_check.hpp"

#include <utility>

#include "fhir/base/media_type.hpp"
#include "fhir/identity/body_header.hpp"
#include "orchestrator/base/digest.hpp"
#include "orchestrator/pipeline/unwrap.hpp"

namespace tributary::pipeline {

namespace {

using fhir::media_type;
using fhir::identity::Digest;

bool is_web_page(std::string_view type) { return type == "text/html" || type == "application/xhtml+xml"; }

std::string_view raw(auto const& digest) {
    return {reinterpret_cast<char const*>(digest.data()), digest.size()};
}

bool matches(Digest const& digest, std::string_view bytes, Sha256 const& own) {
    if (digest.algorithm == Digest::Algorithm::sha256) return digest.bytes == raw(own);
    auto const own_sha1 = sha1(bytes);
    return digest.bytes == raw(own_sha1);
}

bool is_of_nothing(Digest const& digest) {
    return digest.algorithm == Digest::Algorithm::sha1 ? digest.bytes == raw(sha1(""))
                                                       : digest.bytes == raw(sha256(""));
}

}  // namespace

Contradiction contradiction(
    std::string_view hash, std::optional<std::uint64_t> size, std::string_view bytes, Sha256 const& own
) {
    auto const digest = fhir::identity::read_digest(hash);
    if (digest && is_of_nothing(*digest)) return Contradiction::none;
    if (digest && !matches(*digest, bytes, own)) return Contradiction::digest;
    if (size.value_or(0) == 0 || *size == bytes.size()) return Contradiction::none;
    return digest ? Contradiction::wrong_size : Contradiction::size;
}

bool bears(std::string_view document_id, std::string_view unique_id) {
    if (document_id.empty() || unique_id.empty()) return false;
    fhir::Identifier inner;
    inner.system = "urn:ietf:rfc:3986";
    inner.value = document_id;
    return document_id == unique_id || fhir::identity::normalised(inner) == unique_id;
}

Result<CheckedDocument> check_document(
    ExpectedDocument const& expected, partner::RetrievedDocument retrieved
) {
    auto const wanted = media_type(expected.content_type);
    auto came = media_type(retrieved.content_type);
    if (retrieved.bytes.empty()) return Failure(Errc::invalid, "an empty body");
    if (!is_web_page(wanted) && (is_web_page(came) || starts_like_web_page(retrieved.bytes)))
        return Failure(Errc::invalid, "a web page instead of the document");
    if (auto const unwrapped = unwrap(retrieved); !unwrapped) return unwrapped.error();
    came = media_type(retrieved.content_type);
    auto const own = sha256(retrieved.bytes);
    bool const comparable =
        came == wanted || came.empty() || wanted.empty() || came == "application/octet-stream";
    auto header = fhir::identity::read_body_header(retrieved.bytes);
    CheckedDocument checked;
    auto const found =
        comparable ? contradiction(expected.hash, expected.size, retrieved.bytes, own) : Contradiction::none;
    bool const bears_its_name = expected.last_look && bears(header.identity.document_id, expected.unique_id);
    if (found == Contradiction::digest && !bears_its_name)
        return Failure(Errc::conflict, "the bytes do not have the digest of the metadata");
    if (found == Contradiction::size && !expected.last_look)
        return Failure(Errc::conflict, "the bytes are not as many as the metadata say");
    checked.hash_mismatch = found == Contradiction::digest || found == Contradiction::size;
    checked.wrong_size = found == Contradiction::wrong_size || found == Contradiction::size;
    checked.content_type = expected.content_type.empty() ? retrieved.content_type : expected.content_type;
    if (fhir::identity::contradicts(header.media_type, checked.content_type))
        checked.content_type = header.media_type;
    checked.identity = std::move(header.identity);
    checked.identity.sha256 = hex(own);
    checked.media_type = std::move(header.media_type);
    checked.subjects = std::move(header.subjects);
    checked.bytes = std::make_shared<std::string const>(std::move(retrieved.bytes));
    return checked;
}

}  // namespace tributary::pipeline
