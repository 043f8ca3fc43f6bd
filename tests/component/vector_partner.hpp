#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "fhir/resources/bundle.hpp"
#include "orchestrator/partner/fhir_community.hpp"
#include "tests/component/net_fixture.hpp"

namespace tributary::partner {

using namespace std::chrono_literals;

inline std::filesystem::path vectors_folder() {
    auto const* configured = std::getenv("TRIBUTARY_SHARED");
    auto const shared = configured != nullptr ? std::filesystem::path(configured)
                                              : std::filesystem::path(TRIBUTARY_SOURCE_DIR) / ".." / "shared";
    return shared / "vectors" / "document-sharing";
}

inline bool vectors_absent() {
    bool const absent = !std::filesystem::exists(vectors_folder());
    if (absent) WARN("skipped: there is no " << vectors_folder());
    return absent;
}

inline std::string read_vector(std::string const& name) {
    std::ifstream file(vectors_folder() / name, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    INFO(name);
    REQUIRE_FALSE(text.empty());
    return text;
}

inline std::string answer(
    unsigned status, std::string const& body, std::string const& type = "application/fhir+json"
) {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: " + type +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// A partner at whose place `origin`, the one the vectors name, is reached.
struct VectorPartner : net::NetFixture {
    explicit VectorPartner(std::string the_origin = "http://example.org", std::string const& base = "")
        : origin(std::move(the_origin)), base_path(base) {}

    std::string vector(std::string const& name) {
        auto text = read_vector(name);
        auto const here = fake.url("");
        for (auto at = text.find(origin); at != std::string::npos; at = text.find(origin, at + here.size()))
            text.replace(at, origin.size(), here);
        return text;
    }
    fhir::json::Value resource(std::string const& name) { return fhir::json::read(vector(name)).value(); }
    void serve_vector(std::string const& name, unsigned status = 200) {
        fake.reply(answer(status, vector(name)));
    }
    /// The resource as the only entry of a searchset, whose self link says that `query` was applied.
    void serve_in_searchset(fhir::json::Value entry, std::string const& query) {
        fhir::SearchsetLinks links;
        links.self = fake.url(base_path + "/" + query);
        std::vector<fhir::SearchsetEntry> entries;
        entries.push_back({"", std::move(entry)});
        fake.reply(answer(200, fhir::json::write(fhir::make_searchset(std::move(entries), 1, links))));
    }
    FhirCommunity& community(DiscoveryMethod method = DiscoveryMethod::search) {
        PartnerSettings settings;
        settings.id = "p";
        settings.discovery = method;
        auto base = net::parse_url(fake.url(base_path.empty() ? "/" : base_path)).value();
        made = std::make_unique<FhirCommunity>(
            clock, client, worker, metrics, settings, std::move(base), nullptr, turns
        );
        return *made;
    }
    Result<Candidates> patients(DiscoveryMethod method, fhir::search::PatientQuery const& query) {
        auto& asked = community(method);
        Result<Candidates> out = Failure(Errc::bug);
        auto test = [&]() -> awaitable<void> { out = co_await asked.patients(in(10s), query); };
        run(test());
        return out;
    }
    /// All pages of the documents of `remote_id`; the last page's Failure if one fails.
    Result<std::vector<FoundDocuments>> documents(std::string const& remote_id) {
        auto& asked = community();
        Result<std::vector<FoundDocuments>> out = std::vector<FoundDocuments>();
        auto test = [&]() -> awaitable<void> {
            PatientMatch match;
            match.remote_id = remote_id;
            std::optional<Page> page = Page();
            while (page) {
                auto found = co_await asked.documents(in(10s), match, *page);
                if (!found) {
                    out = found.error();
                    co_return;
                }
                page = found->next;
                out->push_back(std::move(*found));
            }
        };
        run(test());
        return out;
    }
    Result<RetrievedDocument> retrieve(std::string const& url) {
        auto& asked = community();
        std::vector<Result<RetrievedDocument>> out;
        auto test = [&]() -> awaitable<void> {
            std::vector<DocumentAddress> addresses(1);
            addresses[0].url = url;
            out = co_await asked.retrieve(in(10s), std::move(addresses));
        };
        run(test());
        return out.at(0);
    }
    std::string first_line(std::size_t request) const {
        return fake.requests().at(request).substr(0, fake.requests().at(request).find("\r\n"));
    }

    std::string origin, base_path;
    RequestTurns turns{clock, 0};
    std::unique_ptr<FhirCommunity> made;
};

}  // namespace tributary::partner
