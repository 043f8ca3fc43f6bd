#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/partner/fhir_community.hpp"
#include "tests/component/net_fixture.hpp"

namespace tributary::partner {

using namespace std::chrono_literals;
using net::NetFixture;

inline std::string document(std::string const& id, std::string const& subject = "Patient/bob") {
    return R"({"resource":{"resourceType":"DocumentReference","id":")" + id +
           R"(","status":"current","subject":{"reference":")" + subject +
           R"("},"content":[{"attachment":{"contentType":"text/plain","url":"Binary/)" + id +
           R"("}}]},"search":{"mode":"match"}})";
}
inline std::string bundle(std::string const& entries, std::string const& next = {}) {
    auto const link = next.empty() ? std::string() : R"("link":[{"relation":"next","url":")" + next + "\"}],";
    return R"({"resourceType":"Bundle","type":"searchset",)" + link + R"("entry":[)" + entries + "]}";
}
/// With a link to itself, and one to the next page unless that is "".
inline std::string bundle_at(
    std::string const& self, std::string const& entries, std::string const& next = {}
) {
    auto const further = next.empty() ? std::string() : R"(,{"relation":"next","url":")" + next + "\"}";
    return R"({"resourceType":"Bundle","type":"searchset","link":[{"relation":"self","url":")" + self +
           "\"}" + further + R"(],"entry":[)" + entries + "]}";
}
inline std::string document_without_subject(std::string const& id) {
    return R"({"resource":{"resourceType":"DocumentReference","id":")" + id +
           R"(","status":"current","content":[{"attachment":{"url":"Binary/1"}}]}})";
}
inline std::string patient(std::string const& id, std::string const& members = {}) {
    return R"({"resource":{"resourceType":"Patient","id":")" + id +
           R"(","name":[{"family":"Smith","given":["Bob"]}])" + members + "}}";
}
inline std::string status(unsigned code, std::string const& fields = {}, std::string const& body = {}) {
    return "HTTP/1.1 " + std::to_string(code) + " X\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// One FHIR partner that answers by script.
struct CommunityFixture : NetFixture {
    void make(std::function<void(PartnerSettings&)> const& change = {}) {
        PartnerSettings settings;
        settings.id = "p";
        settings.fhir = fake.url("/fhir");
        settings.headers = {{"Authorization", "Bearer secret"}};
        if (change) change(settings);
        auto base = net::parse_url(settings.fhir).value();
        turns = std::make_unique<RequestTurns>(clock, settings.requests_per_second);
        community = std::make_unique<FhirCommunity>(
            clock, client, worker, metrics, settings, std::move(base), nullptr, *turns
        );
    }
    static fhir::search::PatientQuery bob() {
        return {{{"given", "", {"bob"}}, {"family", "", {"smith"}}, {"birthdate", "", {"1970-01-02"}}}, {}};
    }
    PatientMatch match() {
        PatientMatch made;
        made.remote_id = "bob";
        return made;
    }
    Result<Candidates> patients() {
        Result<Candidates> out = Failure(Errc::bug);
        auto test = [&]() -> awaitable<void> { out = co_await community->patients(in(10s), bob()); };
        run(test());
        return out;
    }
    Result<FoundDocuments> documents(Page page = {}) {
        Result<FoundDocuments> out = Failure(Errc::bug);
        auto test = [&]() -> awaitable<void> { out = co_await community->documents(in(10s), match(), page); };
        run(test());
        return out;
    }
    Result<fhir::DocumentReference> read_document(std::string const& id) {
        Result<fhir::DocumentReference> out = Failure(Errc::bug);
        auto test = [&]() -> awaitable<void> { out = co_await community->document(in(10s), match(), id); };
        run(test());
        return out;
    }
    /// Every page of the query; how it ended is in the last. Another server that took part is stopped at the end.
    std::vector<FoundDocuments> all_pages(FakeServer* other = nullptr) {
        std::vector<FoundDocuments> pages;
        auto test = [&]() -> awaitable<void> {
            std::optional<Page> page = Page{};
            while (page && pages.size() < 20) {
                auto found = co_await community->documents(in(10s), match(), *page);
                if (!found) break;
                page = found->next;
                pages.push_back(std::move(*found));
            }
            if (other) other->stop();
        };
        run(test());
        return pages;
    }
    Result<RetrievedDocument> retrieve(std::string const& url, std::string const& type = "text/plain") {
        std::vector<Result<RetrievedDocument>> out;
        auto test = [&]() -> awaitable<void> {
            std::vector<DocumentAddress> addresses(1);
            addresses[0].url = url;
            addresses[0].content_type = type;
            out = co_await community->retrieve(in(10s), std::move(addresses));
        };
        run(test());
        REQUIRE(out.size() == 1);
        return out.front();
    }
    Result<Capabilities> probe() {
        Result<Capabilities> out = Failure(Errc::bug);
        auto test = [&]() -> awaitable<void> { out = co_await community->probe(in(5s)); };
        run(test());
        return out;
    }
    std::string first_line(std::size_t request) const {
        return fake.requests().at(request).substr(0, fake.requests().at(request).find("\r\n"));
    }
    bool asked_with(std::size_t request, std::string const& text) const {
        return fake.requests().at(request).find(text) != std::string::npos;
    }

    std::unique_ptr<RequestTurns> turns;
    std::unique_ptr<FhirCommunity> community;
};

}  // namespace tributary::partner
