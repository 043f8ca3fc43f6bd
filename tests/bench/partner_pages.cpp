#include "tests/bench/partner_pages.hpp"

#include <functional>

namespace tributary::bench {
namespace {

std::string entry(std::string const& url, std::string const& resource) {
    return R"({"fullUrl":")" + url + R"(","resource":)" + resource + '}';
}

}  // namespace

std::string value_of(std::string_view text, std::string_view key) {
    auto const at = text.find(key);
    if (at == std::string_view::npos) return {};
    auto const value = text.substr(at + key.size());
    return std::string(value.substr(0, value.find('&')));
}

std::string bundle(std::string const& entries, std::size_t total, std::string const& next) {
    auto const link = next.empty() ? "" : R"("link":[{"relation":"next","url":")" + next + R"("}],)";
    return R"({"resourceType":"Bundle","type":"searchset",)" + link + R"("total":)" + std::to_string(total) +
           R"(,"entry":[)" + entries + "]}";
}

std::string patient_entry(std::string const& base, std::string const& name, std::string const& family) {
    auto const resource = R"({"resourceType":"Patient","id":")" + name +
                          R"(","active":true,"name":[{"family":")" + family + R"(","given":[")" + name +
                          R"("]}],"birthDate":"1970-01-02","gender":"female"})";
    return entry(base + "/Patient/" + name, resource);
}

std::string document_entry(std::string const& base, std::string const& name, std::size_t number) {
    auto const id = name + "-" + std::to_string(number);
    return entry(base + "/DocumentReference/" + id, document(name, id));
}

std::string document(std::string const& patient, std::string const& id) {
    return R"({"resourceType":"DocumentReference","id":")" + id +
           R"(","meta":{"versionId":"1"},"masterIdentifier":{"system":"urn:ietf:rfc:3986","value":"urn:oid:2.999.7.1.)" +
           std::to_string(std::hash<std::string>()(id)) +
           R"("},"status":"current","type":{"coding":[{"system":"http://loinc.org","code":"34133-9","display":)"
           R"("Summary of episode note"}]},"subject":{"reference":"Patient/)" +
           patient +
           R"("},"date":"2026-01-11T08:00:00Z","description":"Summary of the stay on the third floor","content":[)"
           R"({"attachment":{"contentType":"text/plain","url":"Binary/)" +
           id + R"("}}]})";
}

}  // namespace tributary::bench
